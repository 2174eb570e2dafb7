from __future__ import annotations

import pytest

from leads.models import AuditEntry, Submission, Team
from leads.services import teams
from leads.states import State
from tests.factories import OPERATOR, make_submission

from . import questions
from .conftest import HTMX
from .page import errors_of, parse

VIEW = "team_rules"


def rules_form(response):
    return parse(response).one("form", id="rules-form")


def test_it_changes_the_rules_and_records_it(team, alice, browse):
    browser = browse(alice)
    form = rules_form(browser.get(VIEW)).sends()
    typed = {
        "name": "The Brewers",
        "reviews": ["false", "true"],
        "undo_seconds": "30",
        "duplicate_policy": "hold",
        "default_phone_country": "IE",
        "reject_reasons": "One\r\n\r\n  Two ",
    }
    response = browser.post(VIEW, data=form | typed)
    assert (response.status_code, response["Location"]) == (303, browser.url(VIEW))
    team.refresh_from_db()
    assert (team.name, team.reviews, team.four_eyes, team.undo_seconds) == ("The Brewers", True, True, 30)
    assert (team.duplicate_policy, team.default_phone_country, team.reject_reasons) == ("hold", "IE", ["One", "Two"])
    entry = AuditEntry.objects.get(action="team.rules_changed")
    assert entry.actor_id == alice.public_id
    assert entry.details["undo_seconds"] == "0 → 30"


def test_it_sends_back_what_it_shows(team, alice, browse):
    browser = browse(alice)
    before = Team.objects.values().get(pk=team.pk)
    assert browser.post(VIEW, data=rules_form(browser.get(VIEW)).sends()).status_code == 303
    assert Team.objects.values().get(pk=team.pk) == before
    assert not AuditEntry.objects.filter(action="team.rules_changed").exists()


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("name", " "),
        ("name", "x" * 101),
        ("name", "a\0"),
        ("undo_seconds", "121"),
        ("undo_seconds", "-1"),
        ("undo_seconds", ""),
        ("undo_seconds", "9" * 5000),
        ("duplicate_policy", "merge"),
        ("default_phone_country", "ZZ"),
        ("reject_reasons", "\n".join(str(number) for number in range(21))),
        ("reject_reasons", "x" * 101),
        ("reject_reasons", "same\nsame"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_keeps_what_was_typed_beside_a_mistake(team, alice, browse, name, typed, headers):
    browser = browse(alice)
    form = rules_form(browser.get(VIEW)).sends() | {"four_eyes": "false", name: typed}
    response = browser.post(VIEW, data=form, headers=headers)
    assert response.status_code == 422
    assert errors_of(response)[name]
    again = rules_form(response).sends()
    assert again["four_eyes"] == ["false"]
    team.refresh_from_db()
    assert team.four_eyes and team.rules_version == 0


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_shows_the_second_of_two_admins_what_the_first_changed(team, alice, browse, headers):
    browser = browse(alice)
    form = rules_form(browser.get(VIEW)).sends()
    teams.change_rules(team=team, rules={"undo_seconds": 60, "reviews": True}, actor=OPERATOR)
    response = browser.post(VIEW, data=form | {"undo_seconds": "10"}, headers=headers)
    assert response.status_code == 422
    told = " ".join(parse(response).one(id="meanwhile").text.split())
    assert "0 → 60" in told and "off → on" in told and "An operator" in told
    team.refresh_from_db()
    assert (team.undo_seconds, team.reviews) == (60, True)
    again = rules_form(response).sends()
    assert again["undo_seconds"] == ["10"]
    assert browser.post(VIEW, data=again).status_code == 303
    team.refresh_from_db()
    assert (team.undo_seconds, team.reviews) == (10, False)


@pytest.mark.parametrize("version", ["", "x", "-1", "٣", "9" * 5000])
def test_it_takes_a_version_that_is_garbage_for_an_old_one(team, alice, browse, version):
    teams.change_rules(team=team, rules={"undo_seconds": 60}, actor=OPERATOR)
    form = rules_form(browse(alice).get(VIEW)).sends()
    assert browse(alice).post(VIEW, data=form | {"version": version, "undo_seconds": "1"}).status_code == 422
    team.refresh_from_db()
    assert team.undo_seconds == 60


def test_it_says_how_many_leads_still_wait_when_review_is_switched_off(team, alice, bob, browse):
    teams.change_rules(team=team, rules={"reviews": True}, actor=OPERATOR)
    for _ in range(2):
        make_submission(team, bob)
    browser = browse(alice)
    form = rules_form(browser.get(VIEW)).sends() | {"reviews": "false"}
    assert browser.post(VIEW, data=form).status_code == 303
    page = parse(browser.get(VIEW))
    assert "2 leads still wait for review" in page.one(id="notices").text
    assert "2 leads still wait for review" in page.one(id="rules-form").text
    assert set(Submission.objects.values_list("state", flat=True)) == {State.PENDING_REVIEW}


def test_it_offers_countries_by_name(alice, browse):
    options = rules_form(browse(alice).get(VIEW)).one("select", name="default_phone_country").all("option")
    texts = {option.attrs["value"]: option.text for option in options}
    assert texts["IE"] == "Ireland (+353)" and texts["XK"] == "Kosovo (+383)" and len(texts) > 240
    assert not [code for code, text in texts.items() if "*" in text or text.startswith(f"{code} ")]


def test_it_is_for_admins(team, bob, carol, charlie, browse):
    questions.asks_to_sign_in(browse(None), VIEW)
    questions.hands_everything_back(browse(None), VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "post", VIEW)
    for method in ("get", "post"):
        questions.hides_other_teams(browse(charlie), method, VIEW)
    for user in (bob, carol):
        assert browse(user).get(VIEW).status_code == 403
        assert browse(user).post(VIEW, data={"name": "Mine"}).status_code == 403
    team.refresh_from_db()
    assert team.name == "Brewers"


def test_it_rejects_other_verbs(alice, browse):
    questions.rejects(browse(alice), "PUT PATCH DELETE OPTIONS", VIEW)
    questions.answers_head(browse(alice), VIEW)


def test_it_gives_htmx_the_fragment(alice, browse):
    questions.gives_htmx_the_fragment(browse(alice), "rules-form", VIEW)
