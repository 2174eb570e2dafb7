from __future__ import annotations

import json
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from leads.models import AuditEntry, BreakcoldKey, Membership, User
from leads.models.teams import Role
from leads.services import keys
from tests.codes import code_of
from tests.conftest import confirm
from tests.factories import APP_SECRET, OPERATOR, PASSWORD, give_app, make_live, make_operator

from .conftest import HTMX
from .page import parse

LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"
LEADS = "/t/brewers/submissions/"
SETUP = "/accounts/2fa/set-up/"
TOTP = "/accounts/2fa/totp/activate/"


@pytest.fixture
def team(team):
    make_live(team)
    return team


@pytest.fixture
def alice(alice):
    give_app(alice)
    return alice


@pytest.fixture
def clock(monkeypatch):
    """The time stands still in the middle of a step, so that no test straddles two."""
    now = [time.time() // 30 * 30 + 15]
    monkeypatch.setattr("time.time", lambda: now[0])
    return now


def browser() -> Client:
    client = Client()
    client.raise_request_exception = False
    return client


def half_way(user: User) -> Client:
    client = browser()
    answer = client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == CODE
    return client


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(action__contains="factor").order_by("pk").values_list("action", flat=True))


def without_factor(user: User) -> User:
    user.authenticator_set.all().delete()
    return user


# Who must have one


def test_it_leads_whoever_lacks_one_to_set_it_up(team, alice, carol, browse):
    for user in (alice, carol):
        reader = browse(without_factor(user))
        for path in (LEADS, "/t/brewers/settings/members/", "/t/brewers/audit/"):
            assert reader.client.get(path)["Location"] == f"{SETUP}?next={path.replace('/', '%2F')}"
        told = reader.get("submission_list", headers=HTMX)
        assert (told.status_code, told["HX-Retarget"]) == (403, "#notices")
        sent = reader.enter({"email": "a@example.com", "icebreaker": "Good day"})
        assert sent.status_code == 403
        assert parse(sent).one("main").one("form", method="post").sends()["icebreaker"] == ["Good day"]
        page = parse(reader.client.get(f"{SETUP}?next={LEADS}"))
        assert page.one("a", href=TOTP) and page.one("a", href="/accounts/2fa/webauthn/add/")


def test_it_is_only_for_admins_and_reviewers_of_a_team_that_is_or_was_live(team, alice, bob, browse):
    assert browse(bob).get("submission_list").status_code == 200
    without_factor(alice)
    keys.revoke_key(team=team, seen=str(team.keys.get().public_id), actor=OPERATOR)
    assert browse(alice).get("submission_list").status_code == 302  # it was live
    BreakcoldKey.objects.all().delete()
    assert browse(alice).get("submission_list").status_code == 200


def test_a_team_can_want_it_of_everybody_practice_or_not(team, bob, browse):
    team.second_factor = "all"
    team.save()
    reader = browse(bob)
    assert reader.get("submission_list").status_code == 302
    give_app(bob)
    assert reader.get("submission_list").status_code == 200


def test_it_holds_in_no_other_team(team, other_team, alice, browse):
    """Who must have one in one team goes on in the others."""
    without_factor(alice)
    Membership.objects.create(team=other_team, user=alice, role=Role.MEMBER)
    reader = browse(alice, other_team)
    assert reader.get("submission_list").status_code == 200


def test_recovery_codes_alone_are_none(team, alice, browse):
    without_factor(alice)
    Authenticator.objects.create(user=alice, type="recovery_codes", data={})
    assert browse(alice).get("submission_list").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_it_is_set_up_and_goes_on_to_where_one_was_going(team, alice, browse, clock):
    client = browse(without_factor(alice)).client
    client.get(f"{SETUP}?next={LEADS}")
    secret = parse(client.get(TOTP)).one(id="totp-secret").text
    assert client.post(TOTP, {"code": "abc"}).status_code == 200
    done = client.post(TOTP, {"code": code_of(secret)})
    codes = [row.text.strip() for row in parse(client.get(done["Location"])).one(id="recovery-codes").all("li")]
    assert len(set(codes)) == 10 and all(len(code) == 10 for code in codes)
    assert "recovery-codes" not in client.get(done["Location"]).content.decode().split("<main")[1].split("href")[0]
    assert parse(client.get(SETUP)).one("a", href=LEADS)
    assert client.get(LEADS).status_code == 200
    assert actions() == ["member.factor_added", "member.factor_added"]
    kept = json.dumps([row.data for row in Authenticator.objects.all()])
    assert secret not in kept and not any(code in kept for code in codes)
    assert [message.to for message in mail.outbox] == [[alice.email]]
    assert secret not in mail.outbox[0].body


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"])
def test_it_leads_nowhere_else(alice, sign_in, where):
    links = parse(sign_in(alice).get(SETUP, {"next": where})).one("main").all("a")
    assert [link.attrs["href"] for link in links] == ["/", "/accounts/2fa/"]


def test_an_operator_needs_one_as_soon_as_a_team_is_live(team, sign_in):
    root = make_operator()
    client = sign_in(without_factor(root))
    led = client.get("/admin/leads/team/", follow=True)
    assert led.redirect_chain[-1][0] == f"{SETUP}?next=%2Fadmin%2F"
    BreakcoldKey.objects.all().delete()
    assert client.get("/admin/leads/team/").status_code == 200


# Signing in with a code


def test_it_wants_a_code_after_the_password(alice, clock):
    client = half_way(alice)
    assert parse(client.get(CODE)).one("input", name="code")
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert client.get(LEADS).status_code == 302
    assert client.post(CODE, {"code": code_of(APP_SECRET)})["Location"] == "/"
    assert client.get(LEADS).status_code == 200


def test_a_code_works_once_and_for_a_moment(alice, clock):
    """Of now, or one step beside for clocks that differ; never an earlier one than the last that was used."""
    for steps, works in ((-2, False), (2, False), (-1, True), (-1, False), (0, True), (0, False), (-1, False),
                         (1, True), (1, False), (0, False)):  # fmt: skip
        answer = half_way(alice).post(CODE, {"code": code_of(APP_SECRET, steps)})
        assert (answer.status_code == 302) is works, steps


def test_no_address_skips_the_code(team, alice, clock):
    client = half_way(alice)
    for name in ("submission_list", "key_detail", "member_list", "audit_list"):
        assert client.get(reverse(name, args=["brewers"]))["Location"].startswith(LOGIN)
    inside = ("2fa/", "sessions/", "confirm/", "password/change/", "2fa/recovery-codes/", "2fa/reauthenticate/")
    for path in ("/", SETUP, TOTP, *(f"/accounts/{place}" for place in inside)):
        answer = client.get(path)
        assert answer.status_code == 302 and answer["Location"].startswith(LOGIN), path
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert "_auth_user_id" not in client.session
    assert alice.authenticator_set.count() == 1


def test_codes_are_not_guessed(alice, clock):
    """Ten tries, then none for a while: not the right one either, and not by signing in anew."""
    for number in range(10):
        assert half_way(alice).post(CODE, {"code": f"{number:06}"}).status_code == 200
    answer = half_way(alice).post(CODE, {"code": code_of(APP_SECRET)})
    assert answer.status_code == 200 and "Too many" in answer.content.decode()
    clock[0] += 601
    assert half_way(alice).post(CODE, {"code": code_of(APP_SECRET)}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_works_once(team, alice, sign_in, clock):
    client = sign_in(alice)
    page = client.post("/accounts/2fa/recovery-codes/generate/", follow=True)
    code = parse(page).one(id="recovery-codes").all("li")[0].text.strip()
    assert half_way(alice).post(CODE, {"code": code}).status_code == 302
    assert half_way(alice).post(CODE, {"code": code}).status_code == 200
    assert actions() == ["member.factor_added"]


def test_a_new_password_by_mail_leaves_the_factor(alice, clock):
    client = browser()
    client.post("/accounts/password/reset/", {"email": alice.email})
    path = next(line for line in mail.outbox[0].body.split() if "/password/reset/key/" in line)
    where = client.get("/" + path.split("/", 3)[3])["Location"]
    new = "a different horse 42"
    client.post(where, {"password1": new, "password2": new})
    assert client.get(LEADS).status_code == 302
    assert client.post(LOGIN, {"login": alice.email, "password": new})["Location"] == CODE


# Changing it


def test_other_browsers_are_out_when_it_changes(team, alice, sign_in, clock):
    here, there = sign_in(alice), sign_in(alice)
    page = here.post("/accounts/2fa/totp/deactivate/")
    assert page.status_code == 302
    assert there.get("/accounts/2fa/").status_code == 302
    assert here.get("/accounts/2fa/").status_code == 200
    assert here.get(LEADS)["Location"].startswith(SETUP)
    assert actions() == ["member.factor_removed"]


def test_changing_it_is_asked_about_after_a_while(alice, sign_in):
    client = sign_in(alice)
    confirm(client, alice, seconds_ago=901)
    for place in ("totp/deactivate/", "webauthn/add/", "recovery-codes/generate/"):
        path = f"/accounts/2fa/{place}"
        for answer in (client.get(path), client.post(path)):
            assert answer["Location"].startswith("/accounts/reauthenticate/"), path
    assert alice.authenticator_set.count() == 1


NONSENSE = [
    "", "x", "null", "1", "[]", "{}", '"a"', '{"id": 1}', '{"id": "a", "rawId": "a", "type": "public-key"}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"_w",'
    '"authenticatorData":"AA","signature":"AA","userHandle":"AA"}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"'
    + "A" * 60 + '","signature":"AA","userHandle":"MQ"}}',
    '{"response":{"userHandle":[]}}', '{"response":null}', "[" * 5000, '{"id":' * 200, "\0", "NaN",
]  # fmt: skip


def test_no_nonsense_passes_for_a_passkey(alice, sign_in, clock):
    inside, between, outside = sign_in(alice), half_way(alice), browser()
    for client, path in (
        (inside, "/accounts/2fa/webauthn/add/"),
        (inside, "/accounts/2fa/webauthn/reauthenticate/"),
        (between, CODE),
        (outside, "/accounts/2fa/webauthn/login/"),
    ):
        client.raise_request_exception = False
        for text in NONSENSE:
            client.get(path, headers={"Accept": "application/json"} if client is outside else {})
            answer = client.post(path, {"name": "mine", "credential": text})
            assert answer.status_code in (200, 302, 429), (path, text[:80])
            assert answer.status_code != 302 or "/submissions/" not in answer["Location"]
    assert "_auth_user_id" not in between.session and "_auth_user_id" not in outside.session
    assert alice.authenticator_set.count() == 1
