from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.models import BreakcoldKey, Submission, Team, User
from leads.models.teams import Role
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission

from .conftest import HTMX
from .page import parse


def test_it_goes_straight_to_the_only_team(team, bob, browse):
    response = browse(bob).client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/t/brewers/")


def test_it_lets_choose_between_teams(team, other_team, bob, browse):
    other_team.memberships.create(user=bob, role=Role.MEMBER)
    links = {link.attrs["href"] for link in parse(browse(bob).client.get("/")).one("main").all("a")}
    assert links == {"/t/brewers/", "/t/strangers/"}


def test_it_says_what_to_do_without_a_team(db, browse, team):
    user = User.objects.create_user("nobody@example.com")
    response = browse(user).client.get("/")
    assert response.status_code == 200
    assert "You are in no team yet" in response.content.decode()
    assert "Brewers" not in response.content.decode()


def test_it_asks_to_sign_in(browse):
    client = browse(None).client
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
    assert client.get("/t/brewers/")["Location"] == "/accounts/login/?next=/t/brewers/"
    assert client.get("/", headers=HTMX).status_code == 401


def test_it_hides_other_teams(charlie, browse):
    assert browse(charlie).get("team_home").status_code == 404
    assert browse(charlie).client.get("/t/there-is-none/").status_code == 404


def test_it_rejects_other_verbs(bob, browse):
    for verb in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for path in ("/", "/t/brewers/"):
            assert browse(bob).client.generic(verb, path).status_code == 405


def test_a_rep_sees_their_own_leads_that_wait_for_them(team, bob, carol, browse):
    asked, failed, gone, fine = (
        make_submission(team, bob, first_name=name) for name in ("Ask", "Fail", "Gone", "Fine")
    )
    theirs = make_submission(team, carol, first_name="Other")
    put(asked, State.CHANGES_REQUESTED)
    put(failed, State.FAILED)
    put(theirs, State.FAILED)
    put(gone, State.UNKNOWN)
    put(fine, State.CREATED, breakcold_id="x")
    page = parse(browse(bob).get("team_home"))
    links = {link.text: link.attrs["href"] for link in page.one("section", aria_labelledby="needs-title").all("a")}
    assert links == {
        "Ask": reverse("submission_edit", args=[team.slug, asked.public_id]),
        "Fail": reverse("submission_detail", args=[team.slug, failed.public_id]),
        "Gone": reverse("submission_detail", args=[team.slug, gone.public_id]),
    }
    assert figures(page) == {"entered": 4, "in Breakcold": 1, "on their way": 1}


def test_many_leads_that_wait_are_a_number(team, bob, browse):
    for number in range(7):
        put(make_submission(team, bob, email=f"m{number}@example.com"), State.FAILED)
    text = parse(browse(bob).get("team_home")).one("section", aria_labelledby="needs-title").text
    assert "2 more of yours" in text


def test_a_reviewer_sees_the_queue_and_what_they_decided(team, bob, carol, browse):
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    waits, decided = make_submission(team, bob), make_submission(team, bob, email="b@example.com")
    make_submission(team, carol, email="own@example.com")  # four eyes: not hers to decide
    submissions.reject(submission=decided, comment="We know them already.", actor=actor_for(carol))
    page = parse(browse(carol).get("team_home"))
    todos = page.one("section", aria_labelledby="needs-title")
    assert [link.text for link in todos.all("a")] == ["1 lead waits for review"]
    assert figures(page)["decided on"] == 1
    assert waits.reference not in page.text
    assert "waits for review" not in parse(browse(bob).get("team_home")).text


def test_an_admin_sees_what_the_team_needs(team, alice, bob, browse):
    put(make_submission(team, bob), State.FAILED)
    text = parse(browse(alice).get("team_home")).one("section", aria_labelledby="needs-title").text
    assert "1 lead of your team needs a person" in text
    assert "of your team" not in parse(browse(bob).get("team_home")).text


def test_it_says_in_words_how_the_key_and_the_queue_are(team, bob, alice, key, browse):
    page = parse(browse(bob).get("team_home"))
    assert "Ready" in page.one("aside", aria_label="The team").text
    assert "Nothing waits" in page.one("aside", aria_label="The team").text
    assert not page.one("aside", aria_label="The team").all("a")  # the key is not a rep's to change
    make_submission(team, bob)
    BreakcoldKey.objects.update(status="paused", last_trouble="Breakcold refused the key.")
    for reader in (bob, alice):
        aside = parse(browse(reader).get("team_home")).one("aside", aria_label="The team")
        assert "It does not work" in aside.text
        assert "They are safe" in aside.text
        assert "1 lead waits for its turn." in aside.text
    assert aside.all("a", href=reverse("key_detail", args=[team.slug]))


def test_it_says_what_is_new_only_when_something_is(team, bob, browse):
    browser = browse(bob)
    first = parse(browser.get("team_home")).one("div", id="today").attrs["hx-get"]
    assert browser.client.get(first, headers=HTMX).status_code == 204
    make_submission(team, bob)
    again = browser.client.get(first, headers=HTMX)
    assert again.status_code == 200
    assert "Aoife" in again.content.decode()
    assert "<html" not in again.content.decode()


def test_it_asks_the_database_as_often_with_many_leads(team, bob, alice, browse):
    for reader in (alice, bob):
        browser = browse(reader)
        counts = []
        for many in (6, 12):
            for number in range(many):
                put(make_submission(team, bob, email=f"{reader.pk}-{many}-{number}@example.com"), State.FAILED)
            with CaptureQueriesContext(connection) as queries:
                browser.get("team_home")
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert counts[0] <= 26


def put(lead, state, **more):
    Submission.objects.filter(pk=lead.pk).update(state=state, look_up_at=None, **more)


def figures(page):
    found = page.one("section", aria_labelledby="today-title").all("a")
    return {link.text.split(" ", 1)[1]: int(link.one("b").text) for link in found}
