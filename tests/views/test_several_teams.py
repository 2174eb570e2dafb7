"""Somebody in two teams: one click from one to the other, and no lead goes to the wrong one."""

from __future__ import annotations

import pytest

from leads.models import Submission
from leads.models.teams import Role

from .page import lead_form, parse
from .test_members import words


@pytest.fixture
def both(team, other_team, bob, browse):
    """Bob's browser with a tab on each of his teams."""
    other_team.memberships.create(user=bob, role=Role.MEMBER)
    first = browse(bob)
    second = browse(bob, other_team)
    second.client = first.client
    return first, second


def test_it_offers_every_team_in_the_top_bar(both):
    first, second = both
    menu = parse(first.get("submission_list")).one("details", id="team-menu")
    links = {link.attrs["href"]: link.attrs.get("aria-current", "") for link in menu.all("a")}
    assert links == {first.url("team_home"): "true", second.url("team_home"): ""}
    assert words(menu.one("summary")) == "Team: Brewers"


def test_it_says_which_team_a_lead_is_entered_for(both, alice, browse):
    for browser in both:
        page = parse(browser.get("submission_new"))
        assert words(page.one("p", id="for-team")) == f"For the team {browser.team.name}"
        refused = parse(browser.enter({"email": "no address"}))
        assert words(refused.one("p", id="for-team")) == f"For the team {browser.team.name}"
    assert not parse(browse(alice).get("submission_new")).all("p", id="for-team")


def test_it_enters_each_lead_for_the_team_of_its_own_tab(both):
    """Both forms are open before either is sent, and the other team was looked at last."""
    forms = [(browser, lead_form(browser.get("submission_new"))) for browser in both]
    for browser, form in forms:
        both[1 - both.index(browser)].get("submission_list")
        assert form.attrs["action"] == form.attrs["hx-post"] == browser.url("submission_new")
        sent = form.sends() | {"email": f"for-{browser.team.slug}@example.com"}
        assert browser.client.post(form.attrs["action"], sent).status_code == 303
    found = Submission.objects.values_list("team__slug", "values__email")
    assert set(found) == {("brewers", "for-brewers@example.com"), ("strangers", "for-strangers@example.com")}


def test_it_takes_no_form_of_one_team_for_another(both):
    """The same one-time key sent to both is a lead in each, never one in the wrong team."""
    first, second = both
    sent = lead_form(first.get("submission_new")).sends() | {"email": "twice@example.com"}
    for browser in (first, second, first):
        browser.client.post(browser.url("submission_new"), sent)
    assert sorted(Submission.objects.values_list("team__slug", flat=True)) == ["brewers", "strangers"]
