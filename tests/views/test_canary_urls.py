"""The key that would be recognised anywhere, looked for at every address there is, as everybody there is."""

from __future__ import annotations

import io
import json

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse

from leadportal.redaction import RedactingFormatter
from leads.audit import OPERATOR, verify
from leads.models import AuditEntry, BreakcoldKey, Submission
from leads.models.teams import Environment
from leads.services import keys
from leads.states import State
from tests.delivery.processes import Workers
from tests.factories import make_operator

from .conftest import HTMX
from .every_url import every_url
from .test_canary import KEY, PASTED, PERSON, canary, check_key  # noqa: F401  (a fixture)

ROLES = ["nobody", "bob", "carol", "alice", "charlie", "root"]


@pytest.fixture
def root(db):
    return make_operator()


@pytest.fixture
def reader(request, browse):
    """Somebody's browser, by name."""

    def make(name):
        return browse(None if name == "nobody" else request.getfixturevalue(name))

    return make


def check_answer(response):
    text = b"".join(response.streaming_content) if response.streaming else response.content
    check_key(text.decode("utf-8", "replace"))
    check_key(str(response.headers) + str(response.cookies))


def check_what_is_kept(caplog):
    """The log as it is written, the audit log, and everything in the database."""
    formatter = RedactingFormatter("%(name)s: %(message)s")
    check_key("\n".join(formatter.format(record) for record in caplog.records))
    check_key(json.dumps(list(AuditEntry.objects.values()), default=str))
    out = io.StringIO()
    call_command("dumpdata", stdout=out)
    check_key(out.getvalue())


def test_it_knows_every_address(canary, team):  # noqa: F811
    urls = every_url(team)
    lead = Submission.objects.first()
    for known in ("/", "/healthz", "/accounts/login/", "/admin/", "/admin/leads/breakcoldkey/"):
        assert known in urls
    for name, args in (("key_detail", []), ("key_act", ["hold"]), ("submission_detail", [lead.public_id])):
        assert reverse(name, args=[team.slug, *args]) in urls
    assert not [url for url in urls if "<" in url or "(" in url]


@pytest.mark.parametrize("role", ROLES)
def test_no_address_shows_the_key(role, canary, team, reader, caplog):  # noqa: F811
    client = reader(role).client
    for url in every_url(team, most=8):
        for headers in ({}, HTMX):
            check_answer(client.get(url, headers=headers))
    check_what_is_kept(caplog)


@pytest.mark.parametrize("role", ROLES)
def test_no_address_shows_the_key_that_was_posted_to_it(role, canary, team, reader, caplog):  # noqa: F811
    """Whatever an address does with a form that is not its own: it neither repeats nor keeps a key."""
    client = reader(role).client
    for url in every_url(team, most=2):
        for headers in ({}, HTMX):
            check_answer(client.post(url, {"breakcold_key": PASTED, "environment": "live"}, headers=headers))
    check_what_is_kept(caplog)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_broken_key_page_shows_no_key(role, headers, canary, reader, monkeypatch, caplog):  # noqa: F811
    def crash(*, plain, **kwargs):
        raise RuntimeError(f"X-API-KEY: {plain}")

    monkeypatch.setattr(keys, "replace_key", crash)
    response = reader(role).post("key_detail", data={"breakcold_key": PASTED}, headers=headers)
    assert (response.status_code == 500) is (role == "alice")
    check_answer(response)
    check_what_is_kept(caplog)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_pasted_key_is_nowhere(headers, canary, team, reader, sandbox, caplog):  # noqa: F811
    """Refused in every way there is, and then kept."""
    browser = reader("alice")

    def paste(plain, expected, **data):
        current = keys.find_key(team, data.get("environment", Environment.SANDBOX))
        data = {"environment": "sandbox", "seen": str(current.public_id) if current else "", **data}
        response = browser.post("key_detail", data={**data, "breakcold_key": plain}, headers=headers)
        assert response.status_code in expected, plain
        check_answer(response)
        check_answer(browser.get("key_detail", headers=headers))

    cache.clear()
    for plain in (f"{PASTED} {PASTED}", f"{PASTED}\r\nX: 1", f"\x00{PASTED}", PASTED * 20, f"bc_live_{PASTED}"):
        paste(plain, {422})
    paste(PASTED, {422}, environment="live")
    paste(PASTED, {422}, seen="something else")
    for status in (200, 302, 400, 401, 403, 404, 429, 500):
        sandbox.fault("echo", status=status, method="GET", path="/rest/me", key=PASTED)
        paste(PASTED, {422})
    paste(f" {PASTED}\n", {303} if not headers else {200})
    assert keys.find_current_key(team).last4 == PASTED[-4:]
    for deed in ("check", "hold", "release", "revoke"):
        key = BreakcoldKey.objects.current().get(team=team)
        check_answer(browser.post("key_act", deed, data={"seen": str(key.public_id)}, headers=headers))
        check_answer(browser.get("key_detail"))
    assert keys.find_current_key(team) is None
    check_what_is_kept(caplog)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_no_key_into_its_log(team, bob, sandbox, browse, tmp_path):
    key = keys.set_key(team=team, plain=KEY, environment=Environment.SANDBOX, check=True, actor=OPERATOR)
    for options in ({"status": 500}, {"status": 400}, {"status": 401}):
        sandbox.fault("echo", key=KEY, **options)
    browser = browse(bob)
    for number in range(4):
        assert browser.enter(PERSON | {"email": f"c{number}@canary.example", "phone": "", "company": ""}).status_code
    workers = Workers(tmp_path, sandbox, settings="tests.loud_settings")
    try:
        workers.start()
        workers.wait_until(lambda: BreakcoldKey.objects.filter(pk=key.pk, status="paused").exists())
        BreakcoldKey.objects.filter(pk=key.pk).update(sealed="gAAAA-not-a-seal", status="active", probe_at=None)
        workers.wait_until(lambda: BreakcoldKey.objects.filter(pk=key.pk, status="paused").exists())
    finally:
        workers.close()
    assert Submission.objects.filter(state=State.FAILED).exists()
    text = "".join(path.read_text() for path in tmp_path.rglob("*.log"))
    assert "DEBUG urllib3.connectionpool: " in text
    check_key(text)
    assert not list(verify(team))
