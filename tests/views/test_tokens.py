"""The team's gateway tokens: issued, shown once, exchanged, revoked, and what was done with them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from leads.models import AuditEntry, FormPreset, GatewayRequest, GatewayToken, Team, User
from leads.services import gateway_requests, tokens
from tests.factories import OPERATOR, actor_for

from .conftest import HTMX, Browser
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


@pytest.fixture
def admin(browse, alice: User) -> Browser:
    return browse(alice)


@pytest.fixture
def issued(team: Team, alice: User) -> tuple[GatewayToken, str]:
    return tokens.issue_token(team=team, name="Fair app", actor=actor_for(alice))


def wishes(person: User, **more: object) -> dict:
    base = {"public_id": str(uuid4()), "name": "n8n", "owner": str(person.public_id), "may_create": "true",
            "requests_a_minute": "60"}  # fmt: skip
    return {**base, **more}


def shown(response) -> str:
    return parse(response).one(id="token-text").text.strip()


def test_it_issues_a_token_and_shows_it_once(admin: Browser, bob: User, alice: User) -> None:
    response = admin.post("token_new", data=wishes(bob, may_bulk="true", lives="30"))
    plain = shown(response)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    token = GatewayToken.objects.get()
    assert tokens.find_token(plain) == token
    assert (token.owner, token.scopes, token.requests_a_minute) == (bob, ["create", "bulk"], 60)
    assert (token.expires_at - timezone.now()).days in (29, 30)
    for name, args in (("token_list", []), ("token_detail", [token.public_id]), ("audit_list", [])):
        assert plain not in admin.get(name, *args).content.decode()
    entry = AuditEntry.objects.get(action="token.issued")
    assert (entry.actor_id, entry.subject_id) == (alice.public_id, token.public_id)
    assert plain[12:] not in str(entry.details)


def test_its_own_form_is_what_it_takes(admin: Browser) -> None:
    form = parse(admin.get("token_list")).one(id="new-token").one("form")
    response = admin.post("token_new", data={**form.sends(), "name": "n8n"})
    assert Client().get("/rest/me", headers={"X-API-KEY": shown(response)}).status_code == 200
    assert GatewayToken.objects.get().scopes == ["create", "read"]


def test_a_form_sent_twice_is_one_token(admin: Browser, alice: User) -> None:
    data = wishes(alice)
    admin.post("token_new", data=data)
    again = admin.post("token_new", data=data)
    assert again.status_code == 422
    assert "lpt_" not in parse(again).one(id="new-token").text
    assert GatewayToken.objects.count() == AuditEntry.objects.filter(action="token.issued").count() == 1


def test_it_refuses_and_loses_nothing(admin: Browser, alice: User, charlie: User, other_team: Team) -> None:
    preset = FormPreset.objects.create(team=other_team, name="Theirs")
    for wrong in (
        {"name": ""},
        {"name": "x" * 101},
        {"owner": str(charlie.public_id)},
        {"owner": "nobody"},
        {"may_create": "false"},
        {"requests_a_minute": "0"},
        {"requests_a_minute": "many"},
        {"lives": "7"},
    ):
        response = admin.post("token_new", data=wishes(alice, **wrong))
        assert response.status_code == 422, wrong
        assert parse(response).one(id="new-token").one("form").sends()["requests_a_minute"] == [
            wrong.get("requests_a_minute", "60")
        ]
    admin.post(
        "token_new", data=wishes(alice, preset=str(preset.public_id))
    )  # the team has none: the field is not there
    assert list(GatewayToken.objects.values_list("preset", flat=True)) == [None]


def test_it_applies_a_preset_of_the_team(admin: Browser, alice: User, team: Team) -> None:
    preset = FormPreset.objects.create(team=team, name="Trade fair")
    FormPreset.objects.create(team=team, name="Gone", removed_at=timezone.now())
    choices = parse(admin.get("token_list")).one("select", name="preset").all("option")
    assert [option.text.strip() for option in choices] == ["None", "Trade fair"]
    admin.post("token_new", data=wishes(alice, preset=str(preset.public_id)))
    assert GatewayToken.objects.get().preset == preset


def test_it_exchanges_a_token(admin: Browser, issued) -> None:
    token, old = issued
    response = admin.post("token_act", token.public_id, "rotate", data={"overlap": "3600", "seen": token.prefix})
    new = shown(response)
    assert new != old and tokens.find_token(new) == tokens.find_token(old) == token
    entry = AuditEntry.objects.get(action="token.rotated")
    assert entry.details == {"prefix": new[:8], "before": old[:8], "overlap_seconds": 3600}
    page = parse(admin.get("token_detail", token.public_id)).one(id="token").text
    assert "Being exchanged" in page and old[:8] in page
    assert admin.post("token_act", token.public_id, "end-overlap").status_code == 303
    assert tokens.find_token(old) is None and tokens.find_token(new) == token
    assert AuditEntry.objects.filter(action="token.overlap_ended").count() == 1


def test_an_exchange_sent_twice_is_one(admin: Browser, issued) -> None:
    token, _ = issued
    data = {"overlap": "0", "seen": token.prefix}
    new = shown(admin.post("token_act", token.public_id, "rotate", data=data))
    again = admin.post("token_act", token.public_id, "rotate", data=data)
    assert again.status_code == 422 and "lpt_" + new[4:] not in again.content.decode()
    assert tokens.find_token(new) == token


@pytest.mark.parametrize("overlap", ["", "1", "-3600", "99999999"])
def test_it_exchanges_with_an_overlap_on_offer_only(overlap, admin: Browser, issued) -> None:
    token, old = issued
    assert admin.post("token_act", token.public_id, "rotate", data={"overlap": overlap}).status_code == 422
    assert not tokens.is_previous(tokens.find_token(old), old)


def test_it_revokes_a_token_at_once(admin: Browser, issued) -> None:
    token, plain = issued
    response = admin.post("token_act", token.public_id, "revoke")
    assert (response.status_code, response["Location"]) == (303, admin.url("token_list"))
    assert Client().get("/rest/me", headers={"X-API-KEY": plain}).json()["reason"] == "token_revoked"
    assert AuditEntry.objects.get(action="token.revoked").subject_id == token.public_id
    for deed in ("revoke", "rotate", "end-overlap"):
        data = {"overlap": "0", "seen": token.prefix}
        assert admin.post("token_act", token.public_id, deed, data=data).status_code == 422
    assert not parse(admin.get("token_detail", token.public_id)).one(id="token").all("form")


def test_it_shows_how_each_token_stands(admin: Browser, team: Team, bob: User) -> None:
    for name in ("working", "revoked", "expired", "left"):
        owner = bob if name == "left" else None
        token, _ = tokens.issue_token(team=team, name=name, owner=owner, actor=OPERATOR)
        if name == "revoked":
            tokens.revoke_token(token=token, actor=OPERATOR)
        if name == "expired":
            GatewayToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    bob.memberships.all().delete()
    rows = parse(admin.get("token_list")).one("table").all("tr")[1:]
    words = {row.one("a").text: row.all("span", class_="badge")[0].text.strip() for row in rows}
    assert words == {"working": "Working", "expired": "Expired", "left": "Its person left", "revoked": "Revoked"}
    assert list(words)[-1] == "revoked"


def test_it_shows_what_was_done_with_a_token(admin: Browser, issued) -> None:
    token, plain = issued
    lead = {"email": "aoife@example.com"}
    headers = {"X-API-KEY": plain, "Prefer": "respond-async"}
    answer = Client().post("/rest/lead", lead, content_type="application/json", headers=headers)
    page = parse(admin.get("token_detail", token.public_id)).one(id="token-requests")
    assert answer.json()["reference"] in page.text
    assert "POST /rest/lead" in page.text and "127.0.0.0/24" in page.text
    assert "aoife" not in page.text
    assert page.one("td", data_label="Reference").attrs["title"] == answer["X-Request-ID"]


def test_it_turns_pages_of_requests(admin: Browser, issued) -> None:
    token, _ = issued
    now = timezone.now()
    GatewayRequest.objects.bulk_create(
        GatewayRequest(
            token=token, at=now, method="GET", path="/rest/me", status=200, outcome="read", reference=f"r{n}"
        )
        for n in range(60)
    )
    assert len(parse(admin.get("token_detail", token.public_id)).one(id="token-requests").all("tr")) == 51
    second = parse(admin.get("token_detail", token.public_id, query="?page=2")).one(id="token-requests")
    assert len(second.all("tr")) == 11


def test_it_knows_no_other_deed(admin: Browser, issued) -> None:
    assert admin.post("token_act", issued[0].public_id, "polish").status_code == 404


def test_it_knows_no_token_of_another_team(admin: Browser, other_team: Team) -> None:
    token, _ = tokens.issue_token(team=other_team, name="Theirs", actor=OPERATOR)
    assert admin.get("token_detail", token.public_id).status_code == 404
    for deed in ("revoke", "rotate", "end-overlap"):
        assert admin.post("token_act", token.public_id, deed, data={"overlap": "0"}).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None and token.rotated_at is None


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_it_is_for_admins(who, request, browse, issued) -> None:
    browser = browse(request.getfixturevalue(who))
    token = issued[0].public_id
    assert browser.get("token_list").status_code == browser.get("token_detail", token).status_code == 403
    assert browser.post("token_new").status_code == 403
    assert browser.post("token_act", token, "revoke").status_code == 403


def test_it_wants_a_session(browse, issued) -> None:
    nobody, token = browse(None), issued[0].public_id
    asks_to_sign_in(nobody, "token_list")
    asks_to_sign_in(nobody, "token_detail", token)
    hands_everything_back(nobody, "token_new")
    hands_everything_back(nobody, "token_act", token, "revoke")
    tells_htmx_among_the_notices(nobody, "post", "token_new")


def test_it_hides_other_teams(browse, charlie: User, issued) -> None:
    stranger, token = browse(charlie), issued[0].public_id
    hides_other_teams(stranger, "get", "token_list")
    hides_other_teams(stranger, "post", "token_new")
    hides_other_teams(stranger, "get", "token_detail", token)
    hides_other_teams(stranger, "post", "token_act", token, "revoke")


def test_it_has_few_verbs_and_gives_htmx_its_part(admin: Browser, alice: User, issued) -> None:
    token = issued[0].public_id
    rejects(admin, "POST PUT DELETE", "token_list")
    rejects(admin, "GET PUT DELETE", "token_new")
    rejects(admin, "GET PUT DELETE", "token_act", token, "revoke")
    gives_htmx_the_fragment(admin, "tokens", "token_list")
    gives_htmx_the_fragment(admin, "token", "token_detail", token)
    answers_head(admin, "token_list")
    answers_head(admin, "token_detail", token)
    fragment = admin.post("token_new", data=wishes(alice), headers=HTMX)
    assert "<html" not in fragment.content.decode() and shown(fragment).startswith("lpt_")


def test_the_old_text_s_last_use_is_shown(admin: Browser, issued) -> None:
    token, old = issued
    tokens.rotate_token(token=token, overlap=timedelta(hours=1), actor=OPERATOR)
    assert "not used since the exchange" in " ".join(parse(admin.get("token_detail", token.public_id)).text.split())
    found = tokens.find_token(old)
    gateway_requests.count_request(token=found, address="203.0.113.9", by_previous=True, now=timezone.now())
    page = " ".join(parse(admin.get("token_detail", token.public_id)).text.split())
    assert "not used since" not in page and "203.0.113.0/24" in page and "203.0.113.9" not in page
