"""Whom the portal lets in, as whom, and what their groups give them at each sign-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from leads import audit
from leads.models import AuditEntry, Invitation, Membership, User
from leads.models.teams import Role, Source
from tests.factories import PASSWORD, make_member
from tests.views.page import parse

from .conftest import NAME, come_in, is_in, make_browser


def places(email: str = "dora@example.com") -> list[tuple[str, str, str]]:
    rows = Membership.objects.filter(user__email=email).order_by("team__slug")
    return list(rows.values_list("team__slug", "role", "source"))


def refused(response: Any, client: Any) -> bool:
    page = parse(response).one("main")
    return response.status_code == 403 and "Nobody has let you in yet" in page.text and not is_in(client)


def entries(action: str) -> list[dict[str, Any]]:
    return [entry.details for entry in AuditEntry.objects.filter(action=action).order_by("sequence")]


# Who


@pytest.mark.parametrize("groups", [None, [], ["everybody"], ["Sales"], ["sales "], ["brewers"], "sale"])
def test_it_lets_in_nobody_whom_no_group_lets_in(team, company, nobody, groups):
    company.person |= {"groups": groups}
    assert refused(come_in(nobody), nobody)
    assert User.objects.count() == 0 and SocialAccount.objects.count() == 0


def test_it_says_whom_to_ask(team, company, nobody):
    company.person |= {"groups": []}
    text = parse(come_in(nobody)).one("main").text
    assert "Ask an admin of that team" in text and NAME in text and "dora" not in text


@pytest.mark.parametrize(
    "email", [None, "", "dora", "do ra@example.com", "d\u00f3ra@example.com", 7, "x" * 300 + "@x.example"]
)
def test_it_lets_in_nobody_new_without_an_address(team, company, nobody, email):
    company.person |= {"email": email}
    assert refused(come_in(nobody), nobody)


def test_it_lets_in_nobody_new_whose_address_is_not_theirs(team, company, nobody):
    company.person |= {"email_verified": False}
    assert refused(come_in(nobody), nobody)


def test_it_lets_in_who_is_in_a_group_though_nothing_is_said_of_the_address(team, company, nobody):
    """Some providers never say."""
    company.person.pop("email_verified")
    come_in(nobody)
    assert is_in(nobody) and not EmailAddress.objects.get().verified


def test_it_knows_people_by_subject_and_not_by_address(team, company, nobody):
    come_in(nobody)
    company.person |= {"email": "dora.new@example.com"}
    again = make_browser()
    come_in(again)
    assert again.session["_auth_user_id"] == nobody.session["_auth_user_id"]
    assert User.objects.get().email == "dora@example.com"  # the log names her by it


def test_it_does_not_take_somebody_s_successor_at_an_address_for_them(team, company, nobody):
    come_in(nobody)
    company.person |= {"sub": "dora-2"}
    other = make_browser()
    assert refused(come_in(other), other)
    assert SocialAccount.objects.get().uid == "dora-1"


@pytest.mark.parametrize("spelling", ["alice@example.com", "ALICE@Example.com"])
def test_it_takes_over_no_account_by_its_address(team, alice, company, nobody, spelling):
    company.person |= {"email": spelling, "groups": ["leads-admins"]}
    assert refused(come_in(nobody), nobody)
    assert SocialAccount.objects.count() == 0 and alice.check_password(PASSWORD)
    assert entries("member.linked") == []


def test_it_takes_over_no_second_address_of_somebody(team, alice, company, nobody):
    EmailAddress.objects.create(user=alice, email="dora@example.com", verified=True)
    assert refused(come_in(nobody), nobody)


def test_it_says_the_same_of_an_address_that_has_an_account_and_of_one_that_has_none(team, alice, company):
    texts = []
    for email in ("alice@example.com", "who@example.com"):
        company.person |= {"email": email, "groups": []}
        texts.append(parse(come_in(make_browser())).one("main").text)
    assert texts[0] == texts[1]


# By address, where the operator says so


def test_it_links_by_address_where_the_operator_trusts_the_provider(team, alice, company, nobody, settings):
    settings.OIDC_LINK_BY_EMAIL = True
    alice.authenticator_set.all().delete()
    company.person |= {"email": "Alice@example.com"}
    come_in(nobody)
    assert nobody.session["_auth_user_id"] == str(alice.pk)
    assert places("alice@example.com") == [("brewers", Role.ADMIN, Source.MANUAL)]
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert entries("member.linked") == [{}]


@pytest.mark.parametrize("verified", [None, False, "no", 0, 1])
def test_it_links_no_address_the_provider_does_not_vouch_for(team, alice, company, nobody, settings, verified):
    settings.OIDC_LINK_BY_EMAIL = True
    company.person |= {"email": alice.email, "email_verified": verified}
    assert refused(come_in(nobody), nobody)


@pytest.mark.parametrize("flags", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_it_links_no_operator_and_nobody_who_is_off(team, alice, company, nobody, settings, flags):
    settings.OIDC_LINK_BY_EMAIL = True
    User.objects.filter(pk=alice.pk).update(**flags)
    company.person |= {"email": alice.email}
    assert refused(come_in(nobody), nobody)


def test_it_links_a_second_subject_to_nobody(team, alice, company, nobody, settings):
    settings.OIDC_LINK_BY_EMAIL = True
    company.person |= {"email": alice.email}
    come_in(nobody)
    company.person |= {"sub": "dora-2"}
    other = make_browser()
    assert refused(come_in(other), other)


# Switched off, invited, gone


def test_it_keeps_out_who_is_switched_off(team, company, nobody):
    come_in(nobody)
    User.objects.update(is_active=False)
    company.person |= {"groups": ["leads-admins"]}
    other = make_browser()
    assert come_in(other)["Location"] == "/accounts/inactive/"
    assert not is_in(other) and places() == [("brewers", Role.MEMBER, Source.GROUPS)]
    assert nobody.get("/t/brewers/submissions/").status_code == 302


def invite(team: Any, email: str, **times: Any) -> None:
    week = timezone.now() + timedelta(days=7)
    Invitation.objects.create(
        team=team, email=email, role=Role.REVIEWER, digest="d" * 64, **{"expires_at": week, **times}
    )


def test_it_lets_in_who_is_invited_and_leaves_the_invitation_to_its_link(team, company, nobody):
    company.person |= {"groups": []}
    invite(team, "Dora@example.com")
    come_in(nobody)
    assert is_in(nobody) and places() == []
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("times", [{"expires_at": timezone.now() - timedelta(days=1)}, {"revoked_at": timezone.now()}])
def test_it_lets_in_nobody_whose_invitation_is_over(team, company, nobody, times):
    company.person |= {"groups": []}
    invite(team, "dora@example.com", **times)
    assert refused(come_in(nobody), nobody)


def test_it_lets_in_nobody_invited_at_an_address_nobody_vouches_for(team, company, nobody):
    company.person |= {"groups": [], "email_verified": None}
    invite(team, "dora@example.com")
    assert refused(come_in(nobody), nobody)


def test_it_keeps_out_who_lost_their_last_place(team, alice, company, nobody):
    come_in(nobody)
    company.person |= {"groups": []}
    again = make_browser()
    assert refused(come_in(again), again)
    assert places() == []
    assert nobody.get("/t/brewers/submissions/").status_code == 404  # the session from before finds no team either


def test_it_lets_in_an_operator_without_a_team(team, company, nobody):
    come_in(nobody)
    User.objects.update(is_staff=True)
    company.person |= {"groups": []}
    again = make_browser()
    come_in(again)
    assert is_in(again)


# What groups give


def test_it_changes_and_takes_what_groups_gave(team, other_team, alice, company, settings):
    settings.OIDC_GROUPS += (("everybody", "strangers", "reviewer"),)
    come_in(make_browser())
    assert places() == [("brewers", "member", "groups"), ("strangers", "reviewer", "groups")]
    company.person |= {"groups": ["leads-admins", "sales"]}
    come_in(make_browser())
    assert places() == [("brewers", "admin", "groups")]
    company.person |= {"groups": ["quality"]}
    come_in(make_browser())
    assert places() == [("brewers", "reviewer", "groups")]
    assert entries("member.role_changed") == [
        {"from": "member", "to": "admin", "by": "groups"},
        {"from": "admin", "to": "reviewer", "by": "groups"},
    ]
    assert entries("member.removed") == [{"role": "reviewer", "by": "groups"}]
    assert list(audit.verify(team)) == [] and list(audit.verify(other_team)) == []


def test_it_records_nothing_when_nothing_changes(team, company):
    come_in(make_browser())
    before = AuditEntry.objects.count()
    come_in(make_browser())
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("groups", [[], ["leads-admins"], ["sales"]])
def test_it_leaves_a_place_that_a_person_gave(team, company, nobody, groups):
    come_in(nobody)
    Membership.objects.update(source=Source.MANUAL, role=Role.REVIEWER)
    company.person |= {"groups": groups}
    again = make_browser()
    come_in(again)
    assert is_in(again) and places() == [("brewers", Role.REVIEWER, Source.MANUAL)]


def test_it_leaves_teams_the_setting_does_not_name(team, other_team, company, nobody):
    come_in(nobody)
    Membership.objects.create(team=other_team, user=User.objects.get(), role=Role.ADMIN, source=Source.GROUPS)
    come_in(make_browser())
    assert ("strangers", "admin", "groups") in places()


@pytest.mark.parametrize("groups", [[], ["sales"]])
def test_it_never_takes_a_team_s_last_admin(team, company, nobody, caplog, groups):
    company.person |= {"groups": ["leads-admins"]}
    come_in(nobody)
    company.person |= {"groups": groups}
    again = make_browser()
    come_in(again)
    assert is_in(again) and places() == [("brewers", "admin", "groups")]
    assert entries("member.kept") == [{"by": "groups", "role": "admin"}]
    assert "its last one was kept" in caplog.text
    make_member(team, "alice", Role.ADMIN)
    come_in(make_browser())
    assert places() == ([("brewers", "member", "groups")] if groups else [])


def test_it_passes_over_teams_that_do_not_exist(team, company, nobody, settings, caplog):
    settings.OIDC_GROUPS += (("sales", "nowhere", "admin"),)
    come_in(nobody)
    assert places() == [("brewers", "member", "groups")]
    assert "names the team nowhere, which does not exist" in caplog.text


def test_it_makes_nobody_for_a_team_that_does_not_exist(company, nobody):
    assert refused(come_in(nobody), nobody)
    assert User.objects.count() == 0


def test_it_makes_no_operator_of_anybody(team, company, nobody):
    company.person |= {"is_staff": True, "is_superuser": True, "roles": ["admin"], "groups": ["leads-admins"]}
    come_in(nobody)
    assert not User.objects.filter(is_staff=True).exists() and not User.objects.filter(is_superuser=True).exists()
    assert nobody.get("/admin/").status_code in (302, 403)


def test_it_names_the_groups_in_the_log_page(team, alice, company, sign_in):
    come_in(make_browser())
    text = sign_in(alice).get("/t/brewers/audit/").content.decode()
    assert "The portal" in text and "by groups" in text
