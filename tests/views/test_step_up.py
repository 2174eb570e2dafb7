from __future__ import annotations

import pytest
from django.urls import reverse

from leads.models import AuditEntry, BreakcoldKey, GatewayToken, Invitation, Membership
from leads.services import tokens
from tests.conftest import confirm
from tests.factories import OPERATOR, PASSWORD

from .conftest import HTMX
from .page import parse

CONFIRM = "/accounts/confirm/"
A_WHILE = 15 * 60 + 1


@pytest.fixture
def token(team) -> GatewayToken:
    return tokens.issue_token(team=team, name="Old", actor=OPERATOR)[0]


def sensitive(team, bob, token):
    """What is asked about again: address, and what is posted there."""

    def url(name, *args):
        return reverse(name, args=[team.slug, *args])

    return [
        (url("key_detail"), {"breakcold_key": "breakcold-usr-live-0123456789abcdef"}),
        (url("key_act", "live"), {}),
        (url("key_act", "release"), {}),
        (url("member_role", bob.public_id), {"role": "admin"}),
        (url("member_hand_over", bob.public_id), {}),
        (url("invitation_new"), {"email": "new@example.com", "role": "admin"}),
        (url("export_leads"), {"format": "csv"}),
        (url("export_audit"), {"format": "csv"}),
        (url("token_new"), {"name": "Mine", "scopes": "create"}),
        (url("token_act", token.public_id, "rotate"), {"overlap": "0", "seen": token.prefix}),
        (
            url("team_rules"),
            {"name": "B", "second_factor": "all", "undo_seconds": "5", "duplicate_policy": "warn"},
        ),
    ]


def test_it_asks_again_before_what_matters_and_changes_nothing(team, alice, bob, token, browse):
    client = browse(alice).client
    confirm(client, alice, seconds_ago=A_WHILE)
    before = AuditEntry.objects.count()
    for address, data in sensitive(team, bob, token):
        told = client.post(address, data, headers=HTMX)
        assert (told.status_code, told["HX-Retarget"], told["HX-Reswap"]) == (403, "#notices", "innerHTML"), address
        assert parse(told).one("a", href=CONFIRM).attrs["target"] == "_blank"
        page = client.post(address, data)
        assert page.status_code == 403 and parse(page).one("a", href=CONFIRM), address
        assert "0123456789abcdef" not in page.content.decode() + told.content.decode()
    assert AuditEntry.objects.count() == before
    assert not BreakcoldKey.objects.exists() and not Invitation.objects.exists()
    assert Membership.objects.get(user=bob).role == "member" and GatewayToken.objects.count() == 1


def test_what_was_typed_is_sent_again_once_it_is_confirmed(team, alice, bob, browse):
    client = browse(alice).client
    confirm(client, alice, seconds_ago=A_WHILE)
    address = reverse("member_role", args=[team.slug, bob.public_id])
    handed_back = (
        parse(client.post(address, {"role": "reviewer", "seen": "member"})).one("main").one("form", method="post")
    )
    asks = client.get(CONFIRM)
    assert asks["Location"] == f"/accounts/reauthenticate/?next={CONFIRM}"
    assert client.post(asks["Location"], {"password": "wrong", "next": CONFIRM}).status_code == 200
    assert client.get(CONFIRM).status_code == 302
    assert client.post(asks["Location"], {"password": PASSWORD, "next": CONFIRM})["Location"] == CONFIRM
    assert parse(client.get(CONFIRM)).one("h1").text.strip() == "Thank you"
    assert client.post(handed_back.attrs["action"], handed_back.sends()).status_code in (302, 303)
    assert Membership.objects.get(user=bob).role == "reviewer"


def test_it_asks_nothing_of_whoever_has_just_signed_in(team, alice, bob, browse):
    client = browse(alice).client
    confirm(client, alice, seconds_ago=A_WHILE - 5)
    address = reverse("member_role", args=[team.slug, bob.public_id])
    assert client.post(address, {"role": "reviewer", "seen": "member"}).status_code in (302, 303)


def test_stopping_something_is_not_held_up(team, alice, key, token, browse):
    """Holding the queue, revoking the key or a token, taking somebody out: at once, whoever is afraid does them."""
    client = browse(alice).client
    confirm(client, alice, seconds_ago=A_WHILE)
    for address in (
        reverse("key_act", args=[team.slug, "hold"]),
        reverse("key_act", args=[team.slug, "revoke"]),
        reverse("token_act", args=[team.slug, token.public_id, "revoke"]),
    ):
        assert client.post(address, {"seen": str(key.public_id)}).status_code in (302, 303), address


def test_whoever_came_by_the_provider_signs_in_once_more(alice, sign_in, settings):
    alice.authenticator_set.all().delete()
    alice.set_unusable_password()
    alice.save()
    client = sign_in(alice)
    confirm(client, alice, seconds_ago=A_WHILE)
    page = parse(client.get(CONFIRM))
    assert page.one("h1").text.strip() == "Sign in once more" and page.all("form", action="/accounts/logout/")
