"""Who is let in, and what everybody else is told: JSON in Breakcold's shape, whatever they try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from leads.gateway import door, routes, shapes
from leads.models import AuditEntry, GatewayRequest, GatewayToken, Membership, Submission, Team, User
from leads.services import tokens
from tests.factories import OPERATOR, actor_for

from .conftest import LEAD, Script

pytestmark = pytest.mark.django_db
PATHS = [path.replace("{id}", "3c90c3cc-0d44-4b50-8888-8dd25736052a") for path in routes.ROUTES]
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
NOTHING = (
    "/rest", "/rest/", "/rest/lead/", "/rest/leads/list", "/rest/lead/1", "/rest/lead/{id}", "/rest//lead",
    "/rest/..;/admin/", "/rest/%2e%2e/admin/", "/rest/lead%0a", "/rest/lead;x", "/rest/LEAD", "/rest/lead%00",
    "/rest/me/../lead", "/rest/contacts/sam@example.com",
)  # fmt: skip


def check_error(answer, status: int, reason: str = "") -> dict:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json"), answer.content[:300]
    body = answer.json()
    assert body["data"]["httpStatus"] == status
    assert body["code"] == body["data"]["code"]
    assert body["reference"] == answer["X-Request-ID"]
    assert body["message"]
    assert reason in ("", body["reason"])
    return body


@pytest.mark.parametrize("scope", ["create", "read", "bulk"])
@pytest.mark.parametrize("verb", VERBS)
def test_it_answers_each_scope_at_each_address_as_the_table_says(scope, verb, issue) -> None:
    script = issue(scopes=[scope])
    for template, path in zip(routes.ROUTES, PATHS, strict=True):
        answer = script.ask(verb, path, {} if verb == "POST" else None)
        method = routes.ROUTES[template].get("GET" if verb == "HEAD" else verb)
        if verb == "OPTIONS":
            assert (answer.status_code, answer.content) == (204, b"")
            assert set(routes.ROUTES[template]) < set(answer["Allow"].split(", "))
        elif method is None:
            assert answer.status_code == 405
            assert set(routes.ROUTES[template]) < set(answer["Allow"].split(", "))
        elif scope not in method.scopes:
            assert answer.status_code == 403
        else:
            assert answer.status_code in (200, 400, 404), (path, answer.content)
        if verb == "HEAD":
            assert answer.content == b""
    assert not Submission.objects.exists()


@pytest.mark.parametrize("path", NOTHING)
@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
def test_it_has_nothing_elsewhere_and_passes_nothing_on(path, verb, script, sandbox) -> None:
    before = len(sandbox.calls())
    check_error(script.ask(verb, path, LEAD if verb == "POST" else None), 404, "no_such_address")
    assert len(sandbox.calls()) == before


def test_it_does_not_obey_a_verb_in_a_header(script) -> None:
    check_error(script.ask("GET", "/rest/lead", **{"x-http-method-override": "POST"}), 405)
    assert script.ask("POST", "/rest/me", {}, **{"x-http-method-override": "GET"}).status_code == 405


@pytest.mark.parametrize(
    ("presented", "reason"),
    [
        ("", "token_missing"),
        ("lpt_" + "a" * 43, "token_unknown"),
        ("lpt_", "token_unknown"),
        ("hello", "token_unknown"),
        ("breakcold-usr-0123456789abcdef", "breakcold_key"),
        ("Breakcold-Usr-0123456789abcdef", "breakcold_key"),
        ("bc_live_0123456789abcdef", "breakcold_key"),
        ("lpt_" + "a" * 43 + ",lpt_" + "b" * 43, "two_tokens"),
        ("lpt_" + "a" * 4000, "token_unknown"),
        ("lpt_ä", "token_unknown"),
    ],
)
def test_it_tells_why_it_lets_nobody_in(presented, reason, team, caplog) -> None:
    for path in PATHS:
        answer = Script(presented).get(path)
        body = check_error(answer, 401, reason)
        assert "WWW-Authenticate" in answer
        assert "X-RateLimit-Limit" not in answer
        assert len(presented) < 8 or presented not in str(body)
    noted = GatewayRequest.objects.all()
    assert {(row.token_id, row.outcome) for row in noted} == {(None, reason)}
    assert len(presented) < 8 or presented not in str(list(noted.values())) + caplog.text


def test_it_refuses_two_tokens_that_both_work(script, issue) -> None:
    check_error(Script(f"{script.plain},{issue().plain}").get("/rest/me"), 401, "two_tokens")


def test_it_does_not_take_a_token_from_elsewhere(script) -> None:
    client = Client()
    for headers in ({"Authorization": f"Bearer {script.plain}"}, {"Cookie": f"X-API-KEY={script.plain}"}):
        check_error(client.get("/rest/me", headers=headers), 401, "token_missing")
    check_error(client.get(f"/rest/me?X-API-KEY={script.plain}&api_key={script.plain}"), 401, "token_missing")
    assert script.plain not in str(list(GatewayRequest.objects.values()))


def test_a_revoked_token_stops_at_once(script) -> None:
    assert script.get("/rest/me").status_code == 200
    tokens.revoke_token(token=script.token, actor=OPERATOR)
    check_error(script.post(LEAD), 401, "token_revoked")
    assert GatewayRequest.objects.filter(token=script.token, outcome="token_revoked").count() == 1


def test_an_expired_token_stops_on_the_second(issue, time_machine_at) -> None:
    ends = timezone.now() + timedelta(hours=1)
    script = issue(expires_at=ends)
    with time_machine_at(ends - timedelta(seconds=1)):
        assert script.get("/rest/me").status_code == 200
    with time_machine_at(ends):
        check_error(script.get("/rest/me"), 401, "token_expired")


@pytest.mark.parametrize("how", ["left", "switched off"])
def test_a_token_stops_with_the_person_it_speaks_for(how, team: Team, bob: User, issue) -> None:
    script = issue(owner=bob)
    assert script.get("/rest/me").json()["email"] == bob.email
    if how == "left":
        Membership.objects.filter(user=bob).delete()
    else:
        User.objects.filter(pk=bob.pk).update(is_active=False)
    check_error(script.post(LEAD), 401, "token_owner_left")


def test_a_token_of_one_team_sees_nothing_of_another(script, other_team: Team, charlie: User) -> None:
    theirs = Submission.objects.get(
        pk=Submission.objects.create(team=other_team, created_by=charlie, door="form", environment="live", values={}).pk
    )
    check_error(script.get(f"/rest/lead/{theirs.public_id}"), 404, "no_such_lead")


def test_both_texts_of_an_exchanged_token_work_for_a_while(script, alice: User, time_machine_at) -> None:
    new = tokens.rotate_token(token=script.token, overlap=timedelta(hours=1), actor=actor_for(alice))
    assert Script(new).get("/rest/me").status_code == 200
    assert script.get("/rest/me").status_code == 200
    script.token.refresh_from_db()
    assert script.token.previous_used_at is not None
    with time_machine_at(timezone.now() + timedelta(hours=1, seconds=1)):
        check_error(script.get("/rest/me"), 401, "token_replaced")
        assert Script(new).get("/rest/me").status_code == 200


def test_it_counts_requests_and_says_so(issue) -> None:
    script = issue(requests_a_minute=3)
    left = [script.get("/rest/me")["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = script.post(LEAD)
    body = check_error(answer, 429, "too_many_requests")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert answer["X-RateLimit-Reset"] == answer["Retry-After"]
    assert body["retryAfterMs"] == int(answer["Retry-After"]) * 1000
    assert not Submission.objects.exists()
    for _ in range(5):
        check_error(script.get("/rest/nothing"), 429)
    assert GatewayRequest.objects.filter(status=429).count() == 1


def test_a_new_minute_opens_the_budget_again(issue, time_machine_at) -> None:
    script = issue(requests_a_minute=1)
    now = timezone.now()
    assert script.get("/rest/me").status_code == 200
    assert script.get("/rest/me").status_code == 429
    with time_machine_at(now + timedelta(minutes=1)):
        assert script.get("/rest/me").status_code == 200


def test_each_token_has_a_budget_of_its_own(issue) -> None:
    one, two = issue(requests_a_minute=1), issue(requests_a_minute=1)
    assert [one.get("/rest/me").status_code, two.get("/rest/me").status_code] == [200, 200]


def test_it_answers_in_json_when_it_breaks(script, monkeypatch, caplog) -> None:
    def crash(*args, **kwargs):
        raise RuntimeError("X-API-KEY: " + script.plain)

    monkeypatch.setattr(shapes, "options_of", crash)
    check_error(script.post(LEAD), 500, "broken")
    assert GatewayRequest.objects.get().outcome == "broken"


def test_it_says_so_when_the_database_is_away(script, monkeypatch) -> None:
    def away(*args, **kwargs):
        raise OperationalError("could not connect with secret")

    monkeypatch.setattr(shapes, "options_of", away)
    answer = script.post(LEAD)
    assert "secret" not in str(check_error(answer, 503, "unavailable"))
    assert answer["Retry-After"] == "2"


def test_it_speaks_json_when_the_request_does_not_get_to_it(script) -> None:
    check_error(script.ask("POST", "/rest/lead", raw=b"{}", content_type="application/json; charset=utf-16"), 400)
    client = Client(raise_request_exception=False)
    check_error(client.get("/rest/me", headers={"Host": "evil.example"}), 400)


def test_it_does_not_redirect_a_script_to_https(script, settings) -> None:
    settings.PORTAL_IS_HTTPS = settings.SECURE_SSL_REDIRECT = True
    check_error(script.post(LEAD), 403, "https_only")
    assert not Submission.objects.exists()


def test_it_notes_requests_without_what_they_said(script) -> None:
    script.post(LEAD)
    script.get("/rest/contacts/sam@example.com?q=aoife@example.com")
    rows = list(GatewayRequest.objects.order_by("pk").values("method", "path", "status", "outcome", "came_from"))
    assert rows == [
        {"method": "POST", "path": "/rest/lead", "status": 202, "outcome": "queued", "came_from": "127.0.0.0/24"},
        {"method": "GET", "path": "/rest/contacts…", "status": 404, "outcome": "no_such_address",
         "came_from": "127.0.0.0/24"},
    ]  # fmt: skip
    everything = str(list(GatewayRequest.objects.values()))
    assert "aoife" not in everything and "sam@" not in everything and script.plain[8:] not in everything


def test_strangers_cannot_fill_the_log(team) -> None:
    for _ in range(door.MAX_UNCOUNTED + 20):
        Script("lpt_" + "a" * 43).get("/rest/me")
    assert GatewayRequest.objects.count() == door.MAX_UNCOUNTED
    assert not AuditEntry.objects.filter(action__startswith="submission").exists()


def test_the_token_is_in_no_row(script, sandbox) -> None:
    script.post(LEAD, idempotency_key="k")
    for model in (GatewayToken, GatewayRequest, AuditEntry, Submission):
        assert script.plain not in str(list(model.objects.values()))
        assert script.plain[12:] not in str(list(model.objects.values()))
