"""What reaches a person by mail, and the number in the navigation that keeps itself up to date."""

from __future__ import annotations

import pytest

from leads.models import AuditEntry, NotificationSettings, Team
from leads.services import submissions
from tests.factories import actor_for, make_submission

from .conftest import HTMX
from .page import parse
from .questions import (
    answers_head,
    asks_to_sign_in,
    gives_htmx_the_fragment,
    hands_everything_back,
    hides_other_teams,
    rejects,
    tells_htmx_among_the_notices,
)

pytestmark = pytest.mark.django_db

ALL = ["review_digest", "own_returns", "own_failures", "team_failures"]


@pytest.fixture
def reviewing(team) -> Team:
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    return team


def switches(response) -> dict[str, bool]:
    boxes = parse(response).one("form", id="notification-form").all("input", type="checkbox")
    return {box.attrs["name"]: "checked" in box.attrs for box in boxes}


@pytest.mark.parametrize(
    ("who", "offered"), [("bob", ["own_returns", "own_failures"]), ("carol", ALL[:3]), ("alice", ALL)]
)
def test_it_offers_what_a_role_has_to_do_with(request, browse, who, offered):
    user = request.getfixturevalue(who)
    assert switches(browse(user).get("notification_settings")) == dict.fromkeys(offered, True)


def test_it_keeps_what_was_chosen(browse, alice, team):
    browser = browse(alice)
    data = {
        "review_digest": ["false", "true"],
        "own_returns": "true",
        "own_failures": "false",
        "team_failures": "false",
    }
    response = browser.post("notification_settings", data=data)
    assert (response.status_code, response["Location"]) == (303, browser.url("notification_settings"))
    chosen = {"review_digest": True, "own_returns": True, "own_failures": False, "team_failures": False}
    assert switches(browser.get("notification_settings")) == chosen
    entry = AuditEntry.objects.filter(team=team).last()
    assert (entry.action, entry.details) == ("notifications.changed", {"own_failures": False, "team_failures": False})


def test_it_lets_nobody_choose_what_their_role_has_not(browse, bob):
    browse(bob).post("notification_settings", data={"own_failures": "true", "team_failures": "false"})
    assert NotificationSettings.objects.get().team_failures


def test_it_changes_nobody_else_s(browse, bob, alice):
    browse(bob).post("notification_settings", data={"own_failures": "false"})
    assert list(NotificationSettings.objects.values_list("membership__user", flat=True)) == [bob.pk]


@pytest.mark.parametrize(("sends_mail", "says"), [(True, False), (False, True)])
def test_it_says_when_the_portal_sends_no_mail(browse, bob, settings, sends_mail, says):
    settings.PORTAL_SENDS_MAIL = sends_mail
    assert ("no mail server yet" in parse(browse(bob).get("notification_settings")).text) is says


def test_it_is_found_in_one_s_own_menu(browse, bob):
    browser = browse(bob)
    links = [a.attrs.get("href") for a in parse(browser.get("submission_list")).one(id="user-menu").all("a")]
    assert browser.url("notification_settings") in links


def test_the_settings_answer_as_every_page(browse, bob, charlie):
    asks_to_sign_in(browse(None), "notification_settings")
    hands_everything_back(browse(None), "notification_settings")
    hides_other_teams(browse(charlie), "get", "notification_settings")
    hides_other_teams(browse(charlie), "post", "notification_settings")
    rejects(browse(bob), "PUT PATCH DELETE", "notification_settings")
    gives_htmx_the_fragment(browse(bob), "notification-form", "notification_settings")
    answers_head(browse(bob), "notification_settings")


# The number beside "Review"


def count_on(response) -> str:
    return " ".join(parse(response).one(id="review-count").text.split())


def test_it_stands_on_every_page_and_asks_again(browse, carol, bob, reviewing):
    make_submission(reviewing, bob)
    page = parse(browse(carol).get("submission_list"))
    count = page.one(id="review-count")
    assert count.text == "1 waiting"
    assert count.attrs["hx-trigger"].startswith("every 20s")
    assert "data-live" in count.attrs


def test_it_is_left_alone_until_it_changes(browse, carol, bob, reviewing):
    browser = browse(carol)
    asked = parse(browser.get("submission_list")).one(id="review-count").attrs["hx-get"]
    assert browser.client.get(asked, headers=HTMX).status_code == 204
    lead = make_submission(reviewing, bob)
    response = browser.client.get(asked, headers=HTMX)
    assert count_on(response) == "1 waiting"
    assert [child.attrs["id"] for child in parse(response).children if not isinstance(child, str)] == ["review-count"]
    again = parse(response).one(id="review-count").attrs["hx-get"]
    assert browser.client.get(again, headers=HTMX).status_code == 204
    submissions.approve(submission=lead, actor=actor_for(carol))
    assert count_on(browser.client.get(again, headers=HTMX)) == ""


def test_it_is_not_there_for_members(browse, bob):
    assert parse(browse(bob).get("submission_list")).all(id="review-count") == []
    assert browse(bob).get("review_count", headers=HTMX).status_code == 403


def test_it_leads_to_the_queue_without_script(browse, carol):
    browser = browse(carol)
    response = browser.get("review_count")
    assert (response.status_code, response["Location"]) == (302, browser.url("review_queue"))


def test_it_costs_few_queries(browse, carol, django_assert_max_num_queries):
    browser = browse(carol)
    browser.get("submission_list")  # begins the session's day
    # session, person, membership, count, and for who decides whether a second factor is missing
    with django_assert_max_num_queries(6):
        browser.get("review_count", headers=HTMX)


def test_the_count_answers_as_every_page(browse, carol, charlie):
    asks_to_sign_in(browse(None), "review_count")
    tells_htmx_among_the_notices(browse(None), "get", "review_count")
    hides_other_teams(browse(charlie), "get", "review_count")
    rejects(browse(carol), "POST PUT PATCH DELETE", "review_count")
