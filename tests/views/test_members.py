"""Who is in a team: everyone in it sees that, admins change it, and it holds from the next click on."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from leads.models import AuditEntry, Invitation, Membership, Submission, User
from leads.models.teams import Role
from leads.services import invitations, members
from leads.states import State
from tests.factories import OPERATOR, actor_for, make_member, make_submission

from . import questions
from .conftest import HTMX
from .page import parse

CHANGES = ("member_role", "member_remove", "member_hand_over")


def words(element):
    return " ".join(element.text.split())


def row_of(response, user):
    return words(parse(response).one("tr", id=f"person-{user.public_id}"))


def role_of(user):
    return Membership.objects.get(user=user).role


def said(client, url="/t/brewers/settings/members/"):
    """What stands among the notices of the next page."""
    return words(parse(client.get(url)).one("div", id="notices"))


def test_it_shows_everybody_who_is_in_the_team(team, alice, bob, carol, charlie, browse):
    User.objects.filter(pk=bob.pk).update(name="Bob Byrne")
    User.objects.filter(pk=carol.pk).update(is_active=False)
    for user in (alice, bob):
        browser = browse(user)
        User.objects.filter(pk=bob.pk).update(last_login=timezone.now() - timedelta(days=2))
        response = browser.get("member_list")
        assert "(you)" in row_of(response, user)
        assert "Bob Byrne" in row_of(response, bob) and "bob@example.com" in row_of(response, bob)
        assert "days ago" in row_of(response, bob) and "Member" in row_of(response, bob)
        assert "Switched off" in row_of(response, carol) and "Switched off" not in row_of(response, bob)
        assert charlie.email not in response.content.decode()
    User.objects.filter(pk=alice.pk).update(last_login=None)
    assert "Never" in row_of(browse(bob).get("member_list"), alice)


def test_it_shows_what_admins_do_to_admins_alone(team, alice, bob, browse):
    invitations.invite(team=team, email="dora@example.com", role="member", actor=OPERATOR)
    page = parse(browse(alice).get("member_list"))
    assert page.all("form", action=browse(alice).url("invitation_new")) and page.all("section", id="invitations")
    assert page.all("a", href=browse(alice).url("member_detail", bob.public_id))
    text = browse(bob).get("member_list").content.decode()
    assert "dora@example.com" not in text
    assert "/invite/" not in text and str(bob.public_id) + "/" not in text


def test_it_answers_the_questions_of_every_page(team, alice, bob, charlie, browse):
    nobody = browse(None)
    questions.asks_to_sign_in(nobody, "member_list")
    questions.tells_htmx_among_the_notices(nobody, "get", "member_list")
    questions.hides_other_teams(browse(charlie), "get", "member_list")
    questions.rejects(browse(alice), "POST PUT PATCH DELETE", "member_list")
    questions.gives_htmx_the_fragment(browse(alice), "people", "member_list")
    questions.gives_htmx_the_fragment(browse(bob), "people", "member_list")
    questions.answers_head(browse(bob), "member_list")
    for name in CHANGES:
        questions.hands_everything_back(nobody, name, bob.public_id)
        questions.hides_other_teams(browse(charlie), "post", name, bob.public_id)
        questions.rejects(browse(alice), "GET HEAD PUT PATCH DELETE", name, bob.public_id)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMIN])
def test_it_changes_a_role(team, alice, bob, browse, role):
    browser = browse(alice)
    form = parse(browser.get("member_detail", bob.public_id)).one(
        "form", action=browser.url("member_role", bob.public_id)
    )
    sent = form.sends()
    assert (sent["role"], sent["seen"]) == (["member"], ["member"])
    response = browser.post("member_role", bob.public_id, data=sent | {"role": role})
    assert (response.status_code, response["Location"]) == (303, browser.url("member_list"))
    assert role_of(bob) == role
    assert AuditEntry.objects.filter(action="member.role_changed", actor_id=alice.public_id).count() == 1
    assert f"bob@example.com is {members.A_ROLE[role]} now" in said(browser.client)


def test_it_tells_the_second_admin_what_changed_and_by_whom(team, alice, bob, browse):
    browser = browse(make_member(team, "dora", Role.ADMIN))
    members.change_role(team=team, user=bob, role="admin", actor=actor_for(alice))
    for name, data in (
        ("member_role", {"role": "reviewer", "seen": "member"}),
        ("member_remove", {"seen": "member"}),
    ):
        response = browser.post(name, bob.public_id, data=data)
        assert response.status_code == 422
        page = parse(response)
        assert "Meanwhile alice@example.com made bob@example.com an admin" in words(
            page.one("div", role="alert", data_tone="danger")
        )
        assert page.one("form", action=browser.url("member_role", bob.public_id)).sends()["seen"] == ["admin"]
    assert role_of(bob) == Role.ADMIN


def test_it_tells_who_took_somebody_out_meanwhile(team, alice, bob, browse):
    browser = browse(make_member(team, "dora", Role.ADMIN))
    members.remove_member(team=team, user=bob, actor=actor_for(alice))
    for name in CHANGES:
        assert browser.post(name, bob.public_id, data={"role": "admin"}).status_code == 303
        assert "alice@example.com took them out" in said(browser.client)
    assert browser.get("member_detail", bob.public_id).status_code == 303
    assert not Membership.objects.filter(user=bob).exists()


@pytest.mark.parametrize("role", ["", "owner", "\0", "Admin"])
def test_it_refuses_a_role_there_is_not(team, alice, bob, browse, role):
    response = browse(alice).post("member_role", bob.public_id, data={"role": role})
    assert response.status_code == 422 and "There is no role" in response.content.decode()
    assert role_of(bob) == Role.MEMBER


def test_it_takes_somebody_out_after_saying_what_stays(team, alice, bob, browse):
    browser = browse(alice)
    for state in (State.DRAFT, State.CHANGES_REQUESTED, State.FAILED, State.CANCELLED):
        lead = make_submission(team, bob, email=f"{state}@example.com")
        Submission.objects.filter(pk=lead.pk).update(state=state)
    page = parse(browser.get("member_detail", bob.public_id))
    assert "3 leads of theirs wait for a person" in words(page.one("main"))
    sent = page.one("form", action=browser.url("member_remove", bob.public_id)).sends()
    assert browser.post("member_remove", bob.public_id, data=sent).status_code == 303
    assert not Membership.objects.filter(user=bob).exists()
    notices = said(browser.client)
    assert "bob@example.com is out of the team" in notices and "3 leads of theirs wait" in notices
    assert AuditEntry.objects.latest("pk").action == "member.removed"


def test_it_says_how_many_invitations_stay_open(team, alice, browse):
    dora = make_member(team, "dora", Role.ADMIN)
    invitations.invite(team=team, email="erin@example.com", role="admin", actor=actor_for(dora))
    assert "1 invitation by them is open" in words(
        parse(browse(alice).get("member_detail", dora.public_id)).one("main")
    )


def test_it_hands_the_team_over(team, alice, bob, browse):
    browser = browse(alice)
    page = parse(browser.get("member_detail", bob.public_id))
    sent = page.one("form", action=browser.url("member_hand_over", bob.public_id)).sends()
    assert browser.post("member_hand_over", bob.public_id, data=sent).status_code == 303
    assert (role_of(alice), role_of(bob)) == (Role.MEMBER, Role.ADMIN)
    assert browser.get("member_detail", bob.public_id).status_code == 403
    assert browser.get("member_list").status_code == 200


def test_it_keeps_the_last_admin(team, alice, bob, browse):
    browser = browse(alice)
    for name, data in (("member_role", {"role": "member", "seen": "admin"}), ("member_remove", {"seen": "admin"})):
        response = browser.post(name, alice.public_id, data=data)
        text = response.content.decode() if response.status_code == 422 else said(browser.client)
        assert "You are the last admin of" in text
    browser.post("member_leave")
    assert "You are the last admin of" in said(browser.client)
    assert role_of(alice) == Role.ADMIN


@pytest.mark.parametrize("how", ["member_leave", "member_remove"])
def test_it_lets_somebody_go_by_themselves(team, alice, browse, how):
    dora = make_member(team, "dora", Role.ADMIN)
    browser = browse(dora)
    response = browser.post(how, *([dora.public_id] if how == "member_remove" else []))
    assert (response.status_code, response["Location"]) == (303, "/")
    assert "You are out of Brewers" in said(browser.client, "/")
    assert AuditEntry.objects.latest("pk").action == "member.left"
    assert browser.get("member_list").status_code == 404


def test_it_knows_nobody_who_is_not_of_the_team(team, alice, charlie, browse):
    for person in (charlie.public_id, uuid4()):
        assert browse(alice).get("member_detail", person).status_code == 404
        for name in CHANGES:
            assert browse(alice).post(name, person, data={"role": "admin"}).status_code == 404
    assert role_of(charlie) == Role.ADMIN


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_it_lets_only_admins_decide(team, alice, bob, who, request, browse):
    browser = browse(request.getfixturevalue(who))
    before = AuditEntry.objects.count()
    assert browser.get("member_detail", alice.public_id).status_code == 403
    for name in CHANGES:
        for headers in ({}, HTMX):
            data = {"role": "admin", "seen": "member"}
            assert browser.post(name, alice.public_id, data=data, headers=headers).status_code == 403
    assert (AuditEntry.objects.count(), role_of(alice)) == (before, Role.ADMIN)


def test_it_stops_an_open_page_at_its_next_request(team, alice, bob, browse):
    """A page that asks again by itself is told to load anew, and then there is nothing to see."""
    lead = make_submission(team, bob)
    browser = browse(bob)
    assert browser.get("submission_detail", lead.public_id, headers=HTMX).status_code == 200
    members.remove_member(team=team, user=bob, actor=actor_for(alice))
    for name, args in (("submission_detail", [lead.public_id]), ("submission_list", [])):
        poll = browser.get(name, *args, query="?seen=x", headers=HTMX)
        assert (poll.status_code, poll["HX-Refresh"]) == (404, "true")
        assert lead.reference not in poll.content.decode()
        assert browser.get(name, *args).status_code == 404
    assert browser.enter({"email": "late@example.com"}, headers=HTMX).status_code == 404
    assert "HX-Refresh" not in browser.enter({"email": "late@example.com"}, headers=HTMX).headers
    assert browser.act(lead, "undo").status_code == 404
    assert Submission.objects.count() == 1


def test_it_takes_away_at_once_what_a_role_allowed(team, alice, bob, carol, browse):
    Team = type(team)
    Team.objects.filter(pk=team.pk).update(reviews=True)
    lead = make_submission(Team.objects.get(pk=team.pk), bob)
    browser = browse(carol)
    seen = parse(browser.get("submission_detail", lead.public_id, headers=HTMX))
    assert seen.all("form", action=browser.url("submission_act", lead.public_id, "reject"))
    members.change_role(team=team, user=carol, role="member", actor=actor_for(alice))
    again = parse(browser.get("submission_detail", lead.public_id, headers=HTMX))
    assert not again.all("form", action=browser.url("submission_act", lead.public_id, "reject"))
    assert browser.act(lead, "approve").status_code == 403
    assert Submission.objects.get().state == State.PENDING_REVIEW
    admin = browse(alice)
    make_member(team, "dora", Role.ADMIN)
    members.change_role(team=team, user=alice, role="member", actor=OPERATOR)
    assert admin.get("member_detail", bob.public_id).status_code == 403
    assert admin.post("invitation_new", data={"email": "x@example.com", "role": "admin"}).status_code == 403
    assert not Invitation.objects.exists()
