"""Leads whose person is gone, or that a token brought: an admin goes on with them, or they would be stuck."""

from __future__ import annotations

import pytest

from leads.models import AuditEntry, Submission, User
from leads.services import members
from leads.states import State
from tests.factories import OPERATOR, make_submission

from .page import lead_form, parse


@pytest.fixture
def lead(team, bob):
    return set_state(make_submission(team, bob), State.DRAFT)


def set_state(lead, state):
    Submission.objects.filter(pk=lead.pk).update(state=state)
    return Submission.objects.get(pk=lead.pk)


def let_go(team, bob):
    members.remove_member(team=team, user=bob, actor=OPERATOR)


def switch_off(team, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)


def came_by_token(team, bob):
    Submission.objects.update(created_by=None)


@pytest.mark.parametrize("how", [let_go, switch_off, came_by_token])
def test_it_lets_an_admin_change_and_send_it(team, alice, bob, lead, browse, how):
    browser = browse(alice)
    assert browser.get("submission_edit", lead.public_id).status_code == 403
    how(team, bob)
    page = parse(browser.get("submission_detail", lead.public_id))
    assert page.all("a", href=browser.url("submission_edit", lead.public_id))
    sent = lead_form(browser.get("submission_edit", lead.public_id)).sends() | {"city": "Cork"}
    assert browser.post("submission_edit", lead.public_id, data=sent).status_code == 303
    kept = Submission.objects.get()
    assert (kept.state, kept.values["city"]) == (State.QUEUED, "Cork")
    assert AuditEntry.objects.filter(action="submission.queued", actor_id=alice.public_id).count() == 1


def test_it_lets_an_admin_reopen_it(team, alice, bob, lead, browse):
    set_state(lead, State.REJECTED)
    browser = browse(alice)
    assert browser.act(lead, "reopen").status_code == 403
    let_go(team, bob)
    response = browser.act(lead, "reopen")
    assert (response.status_code, response["Location"]) == (303, browser.url("submission_edit", lead.public_id))
    assert Submission.objects.get().state == State.DRAFT


def test_it_leaves_it_to_its_person_and_to_admins(team, alice, bob, carol, lead, browse):
    let_go(team, bob)
    for client in (browse(carol), browse(bob)):
        status = client.post("submission_edit", lead.public_id, data={"email": "x@example.com"}).status_code
        assert status in (403, 404)
    members.add_member(team=team, email=bob.email, role="member", actor=OPERATOR)
    assert browse(bob).get("submission_edit", lead.public_id).status_code == 200
    assert browse(alice).get("submission_edit", lead.public_id).status_code == 403


def test_it_does_not_take_a_place_in_another_team_for_one_here(team, other_team, alice, bob, lead, browse):
    members.add_member(team=other_team, email=bob.email, role="member", actor=OPERATOR)
    let_go(team, bob)
    assert browse(alice).get("submission_edit", lead.public_id).status_code == 200
