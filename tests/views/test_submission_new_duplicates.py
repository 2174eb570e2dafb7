"""The entry form meets a lead that looks like one entered before."""

from __future__ import annotations

import pytest

from leads.models import AuditEntry, Submission, Team
from leads.states import State
from tests.factories import make_member, make_preset, make_submission

from .conftest import HTMX
from .page import errors_of, lead_form, parse

VIEW = "submission_new"


@pytest.fixture
def policy(team):
    def choose(policy):
        Team.objects.filter(pk=team.pk).update(duplicate_policy=policy)
        team.refresh_from_db()

    choose("warn")
    return choose


@pytest.fixture
def earlier(team, carol, policy):
    return make_submission(team, carol, first_name="Aoife", company="Acme")


def send(browser, headers=None, **changes):
    form = lead_form(browser.get(VIEW)).sends()
    return browser.post(
        VIEW, data=form | {"email": "aoife@example.com", "city": "Cork", **changes}, headers=headers or {}
    )


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_warns_once_and_sends_on_a_second_deliberate_click(team, bob, earlier, browse, headers):
    browser = browse(bob)
    response = send(browser, headers)
    assert response.status_code == 422
    warning = parse(response).one(id="duplicates")
    text = " ".join(warning.text.split())
    assert "Aoife" in text and "carol@example.com" in text and "Queued" in text
    assert warning.all("a", href=browser.url("submission_detail", earlier.public_id))
    form = lead_form(response)
    assert form.sends()["city"] == ["Cork"]
    assert Submission.objects.count() == 1
    assert browser.post(VIEW, data=form.sends()).status_code == 422  # the ordinary button asks again
    button = warning.one("button", name="accepted")
    response = browser.post(VIEW, data=form.sends() | {"accepted": button.attrs["value"]})
    assert response.status_code == 303
    lead = Submission.objects.latest("pk")
    assert (lead.state, lead.created_by) == (State.QUEUED, bob)
    entry = AuditEntry.objects.get(action="submission.queued", subject_id=lead.public_id)
    assert (entry.details["duplicates"], entry.details["accepted"]) == (1, True)


def test_it_warns_again_of_a_duplicate_nobody_saw(team, bob, carol, policy, earlier, browse):
    browser = browse(bob)
    response = send(browser)
    accepted = parse(response).one("button", name="accepted").attrs["value"]
    policy("allow")
    make_submission(team, carol)
    policy("warn")
    again = browser.post(VIEW, data=lead_form(response).sends() | {"accepted": accepted})
    assert again.status_code == 422
    assert len(parse(again).one(id="duplicates").all("li")) == 2


def test_it_goes_on_to_the_next_lead_where_that_was_wanted(bob, earlier, browse):
    browser = browse(bob)
    response = send(browser, then="another")
    button = parse(response).one("button", name="accepted")
    response = browser.post(VIEW, data=lead_form(response).sends() | {"accepted": button.attrs["value"]})
    assert response["Location"].startswith(browser.url(VIEW))


@pytest.mark.parametrize("accepted", ["", "x", ",,,", "\0", "yes", "0" * 5000, "00000000-0000-0000-0000-000000000000"])
def test_it_takes_no_garbage_for_a_decision(bob, earlier, browse, accepted):
    assert send(browse(bob), accepted=accepted).status_code == 422
    assert Submission.objects.count() == 1


def test_it_shows_the_newest_of_many(team, bob, policy, browse):
    policy("allow")
    for _ in range(8):
        make_submission(team, bob)
    policy("warn")
    warning = parse(send(browse(bob))).one(id="duplicates")
    assert len(warning.all("a")) == 5
    assert "and 3 more" in warning.text
    response = send(browse(bob), accepted=warning.one("button", name="accepted").attrs["value"])
    assert response.status_code == 303


def test_it_warns_with_a_preset_too(team, bob, earlier, browse):
    make_preset(team, is_default=True)
    response = browse(bob).post(VIEW, data=lead_form(browse(bob).get(VIEW)).sends() | {"email": "aoife@example.com"})
    assert response.status_code == 422
    assert lead_form(response).sends()["preset"] == [str(team.presets.get().public_id)]
    assert parse(response).all(id="duplicates")


def test_it_puts_a_mistake_right_first(bob, earlier, browse):
    response = send(browse(bob), phone="nope")
    assert set(errors_of(response)) == {"phone"}
    assert not parse(response).all(id="duplicates")


def test_it_holds_it_for_review_and_says_why(team, bob, carol, policy, earlier, browse):
    policy("hold")
    response = send(browse(bob))
    assert response.status_code == 303
    lead = Submission.objects.latest("pk")
    assert (lead.state, lead.held_for) == (State.PENDING_REVIEW, "duplicate")
    for user in (bob, carol):
        page = " ".join(parse(browse(user).client.get(response["Location"])).one("main").text.split())
        assert "It looks like a lead the team has entered before" in page
        assert "This one may be the same: Aoife, entered by carol@example.com" in page
    assert browse(make_member(team, "dora", "reviewer")).act(lead, "approve").status_code == 303
    lead.refresh_from_db()
    assert lead.state == State.QUEUED


def test_it_says_nothing_where_the_team_lets_them_go(bob, policy, earlier, browse):
    policy("allow")
    assert send(browse(bob)).status_code == 303


def test_it_asks_about_a_draft_too(team, bob, earlier, browse):
    Submission.objects.filter(pk=earlier.pk).update(created_by=bob, state=State.DRAFT)
    make_submission_like = send(browse(bob))
    assert make_submission_like.status_code == 422
    browser = browse(bob)
    accepted = parse(make_submission_like).one("button", name="accepted").attrs["value"]
    browser.post(VIEW, data=lead_form(make_submission_like).sends() | {"accepted": accepted})
    form = lead_form(browser.get("submission_edit", earlier.public_id)).sends()
    response = browser.post("submission_edit", earlier.public_id, data=form)
    assert response.status_code == 422
    value = parse(response).one("button", name="accepted").attrs["value"]
    assert browser.post("submission_edit", earlier.public_id, data=form | {"accepted": value}).status_code == 303


# While typing


def check(browser, field, typed, **kwargs):
    return browser.client.post(f"{browser.url('submission_check')}?field={field}", {field: typed}, **kwargs)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", "AOIFE@example.com"),
        ("phone", "00353 1 234 5678"),
        ("linkedin_url", "linkedin.com/in/AoifeB"),
    ],
)
def test_it_tells_while_typing(team, bob, carol, policy, browse, field, typed):
    values = {"phone": "+35312345678", "linkedin_url": "https://www.linkedin.com/in/aoifeb/"}
    earlier = make_submission(team, carol, **values)
    browser = browse(bob)
    message = parse(check(browser, field, typed, headers=HTMX)).one("div")
    assert message.attrs["id"] == f"message-{field}"
    assert "Entered already?" in message.text and "carol@example.com" in message.text
    assert message.all("a", href=browser.url("submission_detail", earlier.public_id))
    policy("allow")
    assert not parse(check(browser, field, typed)).one("div").text.strip()


@pytest.mark.parametrize(
    ("field", "typed"), [("email", "other@example.com"), ("email", ""), ("city", "aoife@example.com"), ("phone", "x")]
)
def test_it_tells_nothing_of_what_is_not_the_same(bob, earlier, browse, field, typed):
    assert "Entered already?" not in check(browse(bob), field, typed).content.decode()


def test_it_tells_nothing_of_other_teams(other_team, charlie, bob, earlier, browse):
    Team.objects.filter(pk=other_team.pk).update(duplicate_policy="warn")
    browser = browse(charlie, other_team)
    assert "Entered already?" not in check(browser, "email", "aoife@example.com").content.decode()
    response = browser.enter({"email": "aoife@example.com"})
    assert response.status_code == 303


def test_it_tells_nothing_of_the_lead_itself(team, bob, policy, browse):
    lead = make_submission(team, bob)
    Submission.objects.update(state=State.DRAFT)
    box = lead_form(browse(bob).get("submission_edit", lead.public_id)).one("input", name="email")
    response = browse(bob).client.post(box.attrs["hx-post"], {"email": "aoife@example.com"})
    assert not parse(response).one("div").text.strip()
