from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from leads.audit import Actor, ActorKind
from leads.models import AuditEntry, Invitation, Membership, Team, User
from leads.models.submissions import Door
from leads.models.teams import Role
from leads.services import invitations, members
from leads.services.invitations import Closed, SignInFirst
from leads.services.teams import NotPossible
from tests.factories import OPERATOR, PASSWORD, actor_for, make_member

from .threads import all_at_once

pytestmark = pytest.mark.django_db

DORA = "dora@example.com"
NEWCOMER = Actor(kind=ActorKind.USER, door=Door.FORM, ip="127.0.0.1", request_id="test")


def invite(team: Team, by: User, email: str = DORA, role: str = Role.REVIEWER) -> tuple[Invitation, str]:
    return invitations.invite(team=team, email=email, role=role, actor=actor_for(by))


def join(plain: str, name: str = "Dora") -> Membership:
    return invitations.join(secret=plain, name=name, password=PASSWORD, actor=NEWCOMER)


def why_closed(plain: str) -> str:
    with pytest.raises(Closed) as caught:
        invitations.find(plain)
    return caught.value.why


def run_out(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_it_keeps_a_keyed_hash_of_a_long_secret(team: Team, alice: User) -> None:
    invitation, plain = invite(team, alice, " Dora@EXAMPLE.com ")
    assert invitations.SECRET.fullmatch(plain)
    stored = Invitation.objects.values().get()
    assert plain not in str(stored) and plain[4:] not in str(stored)
    assert (stored["email"], stored["role"], stored["invited_by_id"]) == (DORA, "reviewer", alice.pk)
    assert abs(stored["expires_at"] - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert invitations.find(plain) == invitation
    assert invite(team, alice, "erin@example.com")[1] != plain


def test_it_records_an_invitation_without_whose_it_is(team: Team, alice: User) -> None:
    invitation, plain = invite(team, alice)
    join(plain)
    rows = AuditEntry.objects.filter(team=team).order_by("-sequence")
    joined, invited = rows[0], rows[1]
    dora = User.objects.get(email=DORA)
    assert (invited.action, invited.subject_id) == ("member.invited", invitation.public_id)
    assert (joined.action, joined.subject_id, joined.actor_id) == ("member.joined", dora.public_id, dora.public_id)
    text = str(list(AuditEntry.objects.values()))
    assert "dora" not in text.lower() and plain not in text


def test_it_makes_an_account_that_can_sign_in(team: Team, alice: User) -> None:
    member = join(invite(team, alice)[1])
    user = member.user
    assert (member.role, user.name, user.email, user.check_password(PASSWORD)) == ("reviewer", "Dora", DORA, True)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == (DORA, False, True)  # the admin saw the link too


def test_it_proves_no_address_of_an_account_an_operator_made(team: Team, alice: User) -> None:
    dora = members.add_member(team=team, email=DORA, role=Role.MEMBER, actor=OPERATOR).user
    members.remove_member(team=team, user=dora, actor=OPERATOR)
    assert join(invite(team, alice)[1]).user == dora
    assert not EmailAddress.objects.get(user=dora).verified


def test_it_works_once(team: Team, alice: User) -> None:
    _, plain = invite(team, alice)
    dora = join(plain).user
    assert why_closed(plain) == "used"
    with pytest.raises(Closed):
        invitations.accept(secret=plain, actor=actor_for(dora))
    with pytest.raises(Closed):
        join(plain)
    members.remove_member(team=team, user=dora, actor=actor_for(alice))
    with pytest.raises(Closed):
        invitations.accept(secret=plain, actor=actor_for(dora))
    assert not Membership.objects.filter(user=dora).exists()


def test_it_lets_in_only_the_address_it_is_for(team: Team, alice: User, charlie: User) -> None:
    _, plain = invite(team, alice)
    with pytest.raises(NotPossible, match="somebody else"):
        invitations.accept(secret=plain, actor=actor_for(charlie))
    assert not Membership.objects.filter(team=team, user=charlie).exists()
    assert invitations.find(plain)


def test_it_lets_in_somebody_who_has_an_account(team: Team, alice: User, charlie: User) -> None:
    _, plain = invite(team, alice, charlie.email.upper())
    assert invitations.accept(secret=plain, actor=actor_for(charlie)).role == Role.REVIEWER
    assert charlie.teams.count() == 2


def test_it_lets_in_nobody_who_is_switched_off(team: Team, alice: User, charlie: User) -> None:
    _, plain = invite(team, alice, charlie.email)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    with pytest.raises(NotPossible, match="switched off"):
        invitations.accept(secret=plain, actor=actor_for(charlie))
    with pytest.raises(SignInFirst):
        join(plain)
    assert not Membership.objects.filter(team=team, user=charlie).exists()


def test_it_gives_nobody_the_password_of_an_account_there_is(team: Team, alice: User, other_team: Team) -> None:
    """The link's holder need not be the account's owner."""
    in_use = make_member(other_team, "dora")
    without_password = members.add_member(team=other_team, email="e@example.com", role="member", actor=OPERATOR).user
    boss = User.objects.create_user("boss@example.com", is_staff=True)
    by_provider = User.objects.create_user("sso@example.com", last_login=timezone.now())
    linked = User.objects.create_user("linked@example.com")
    SocialAccount.objects.create(user=linked, provider="company", uid="1")
    for user in (in_use, without_password, boss, by_provider, linked):
        with pytest.raises(SignInFirst):
            join(invite(team, alice, user.email)[1])
        kept = User.objects.get(pk=user.pk)
        assert (kept.password, kept.name) == (user.password, user.name)
    assert Membership.objects.filter(team=team).count() == 1


def test_it_gives_a_blank_account_its_first_password(team: Team, alice: User) -> None:
    blank = User.objects.create_user(DORA)
    assert join(invite(team, alice)[1]).user == blank
    assert User.objects.get(email=DORA).check_password(PASSWORD)


def test_it_changes_no_role_of_somebody_who_is_in_already(team: Team, alice: User) -> None:
    _, plain = invite(team, alice, role=Role.ADMIN)
    dora = User.objects.create_user(DORA, PASSWORD)
    Membership.objects.create(team=team, user=dora, role=Role.MEMBER)
    assert invitations.accept(secret=plain, actor=actor_for(dora)).role == Role.MEMBER
    assert (why_closed(plain), AuditEntry.objects.latest("pk").action) == ("used", "invitation.used")


def test_it_runs_out(team: Team, alice: User) -> None:
    invitation, plain = invite(team, alice)
    run_out(invitation)
    assert why_closed(plain) == "expired"
    with pytest.raises(Closed):
        join(plain)
    assert not User.objects.filter(email=DORA).exists()


@pytest.mark.parametrize(
    "secret", ["", "lpi_", "lpi_" + "a" * 43, "lpi_" + "a" * 44, "x" * 5_000, "lpi_\0", "lpi_" + "é" * 43, "../x"]
)
def test_it_knows_no_other_secret(secret: str, team: Team, alice: User) -> None:
    invite(team, alice)
    assert why_closed(secret) == "unknown"


def test_it_takes_an_invitation_back(team: Team, alice: User, carol: User) -> None:
    invitation, plain = invite(team, alice)
    invitations.revoke(team=team, invitation=invitation.public_id, actor=actor_for(alice))
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject_id) == ("invitation.revoked", invitation.public_id)
    assert why_closed(plain) == "revoked"
    with pytest.raises(NotPossible, match="Meanwhile you took this invitation back"):
        invitations.revoke(team=team, invitation=invitation.public_id, actor=actor_for(alice))
    dora = make_member(team, "erin", Role.ADMIN)
    with pytest.raises(NotPossible, match=r"Meanwhile alice@example\.com took"):
        invitations.renew(team=team, invitation=invitation.public_id, actor=actor_for(dora))


def test_it_puts_a_new_link_in_place_of_the_old(team: Team, alice: User) -> None:
    invitation, old = invite(team, alice)
    run_out(invitation)
    other, new = invitations.renew(team=team, invitation=invitation.public_id, actor=actor_for(alice))
    assert (why_closed(old), invitations.find(new), other.role, other.email) == ("revoked", other, "reviewer", DORA)
    join(new)
    with pytest.raises(NotPossible, match="has joined meanwhile"):
        invitations.renew(team=team, invitation=other.public_id, actor=actor_for(alice))
    with pytest.raises(NotPossible, match="has joined meanwhile"):
        invitations.revoke(team=team, invitation=other.public_id, actor=actor_for(alice))


def test_it_touches_no_invitation_of_another_team(team: Team, alice: User, other_team: Team, charlie: User) -> None:
    theirs, plain = invite(other_team, charlie)
    for do in (invitations.revoke, invitations.renew):
        with pytest.raises(NotPossible, match="no such invitation"):
            do(team=team, invitation=theirs.public_id, actor=actor_for(alice))
    assert invitations.find(plain) == theirs


def test_it_says_who_is_in_or_invited_already(team: Team, alice: User, bob: User) -> None:
    with pytest.raises(NotPossible, match=r"bob@example\.com is in the team already, as a member"):
        invite(team, alice, bob.email.upper())
    invite(team, alice)
    erin = make_member(team, "erin", Role.ADMIN)
    with pytest.raises(NotPossible, match=r"was invited already, by alice@example\.com, as a reviewer"):
        invite(team, erin, "DORA@example.com", Role.ADMIN)
    with pytest.raises(NotPossible, match="by you"):
        invite(team, alice)
    assert Invitation.objects.count() == 1


def test_it_invites_again_whose_link_ran_out(team: Team, alice: User) -> None:
    invitation, old = invite(team, alice)
    run_out(invitation)
    _, new = invite(team, alice, role=Role.MEMBER)
    assert why_closed(old) == "revoked"
    assert join(new).role == Role.MEMBER


@pytest.mark.parametrize("who", ["bob", "carol", "charlie"])
def test_it_lets_only_admins_invite(who: str, team: Team, alice: User, request: pytest.FixtureRequest) -> None:
    other = request.getfixturevalue(who)
    invitation, plain = invite(team, alice)
    for attempt in (
        lambda: invite(team, other, "erin@example.com"),
        lambda: invitations.renew(team=team, invitation=invitation.public_id, actor=actor_for(other)),
        lambda: invitations.revoke(team=team, invitation=invitation.public_id, actor=actor_for(other)),
    ):
        with pytest.raises(NotPossible, match="not an admin"):
            attempt()
    assert (Invitation.objects.count(), invitations.find(plain)) == (1, invitation)


def test_it_floods_nobody(team: Team, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MAX_PER_HOUR", 2)
    first, _ = invite(team, alice)
    invite(team, alice, "erin@example.com")
    with pytest.raises(NotPossible, match="an hour"):
        invite(team, alice, "finn@example.com")
    Invitation.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    invite(team, alice, "finn@example.com")


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_person_of_a_link_used_four_times_at_once(team: Team, alice: User) -> None:
    _, plain = invite(team, alice)

    def use(_: int) -> bool:
        try:
            return bool(join(plain))
        except (Closed, SignInFirst):
            return False

    assert sorted(all_at_once(use, 4)) == [False, False, False, True]
    assert Membership.objects.filter(team=team, user__email=DORA).count() == 1
    assert AuditEntry.objects.filter(action="member.joined").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_person_of_links_to_two_teams_used_at_once(
    team: Team, alice: User, other_team: Team, charlie: User
) -> None:
    links = [invite(team, alice)[1], invite(other_team, charlie)[1]]

    def use(number: int) -> bool:
        try:
            return bool(join(links[number]))
        except NotPossible:  # by now there is an account, to be signed in to
            return False

    assert True in all_at_once(use, 2)
    assert User.objects.filter(email=DORA).count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_either_lets_in_or_takes_back_at_the_same_moment(team: Team, alice: User) -> None:
    invitation, plain = invite(team, alice)

    def do(number: int) -> bool:
        try:
            if number:
                return bool(join(plain))
            return bool(invitations.revoke(team=team, invitation=invitation.public_id, actor=actor_for(alice)))
        except NotPossible:
            return False

    revoked, joined = all_at_once(do, 2)
    assert revoked is not joined
    assert Membership.objects.filter(user__email=DORA).exists() is joined
