"""A key and a person that would be recognised anywhere: the key is nowhere, the person only where the lead is shown."""

from __future__ import annotations

import base64
import io
import json
import logging
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import Client

from leadportal.redaction import RedactingFormatter
from leads.audit import OPERATOR
from leads.delivery import drain
from leads.models import AuditEntry, DeliveryAttempt, Submission
from leads.models.teams import Environment
from leads.services import keys, tokens
from leads.states import State
from tests.factories import make_operator

from .page import parse

KEY = "breakcold-usr-sandbox-c4n4ry-0123456789abcdef"
PASTED = "breakcold-usr-sandbox-p4st3d-fedcba9876543210"  # by an admin, into the key page
PERSON = {
    "first_name": "Canaria", "last_name": "Vogelsang", "email": "canaria.vogelsang@canary.example",
    "phone": "+35319998877",
    "company": "Vogelsang & Co", "icebreaker": "Canaria likes seeds",
    "linkedin_url": "https://www.linkedin.com/in/canaria-vogelsang",
}  # fmt: skip
TRACES = ("canaria", "vogelsang", "19998877", "likes seeds")


def spellings(secret):
    """The ways in which a key could stand somewhere without being seen at once."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    forms = {secret, secret[::-1], secret.encode().hex(), encoded[:-2], quote(secret), secret.encode("utf-16-le").hex()}
    forms |= {base64.b64encode(b"x" * shift + secret.encode()).decode()[4:-4] for shift in (1, 2)}
    return forms | {secret[-20:]}


def check_key(text):
    text = text.lower()
    assert [form for key in (KEY, PASTED) for form in spellings(key) if form.lower() in text] == []


def check_person(text):
    assert [trace for trace in TRACES if trace in text.lower()] == []


@pytest.fixture
def canary(team, bob, sandbox, browse, caplog):
    """Three leads of the canary person, delivered, refused with an echo, and unclear; everything logged at DEBUG."""
    key = keys.set_key(team=team, plain=KEY, environment=Environment.SANDBOX, check=True, actor=OPERATOR)
    tokens.issue_token(team=team, name="script", actor=OPERATOR)
    caplog.set_level(logging.DEBUG)
    browser = browse(bob)
    for action, options in (("", {}), ("echo", {"status": 400}), ("echo", {"status": 500}), ("echo", {"status": 401})):
        if action:
            sandbox.fault(action, key=KEY, **options)
        assert browser.enter(PERSON).status_code == 303
        drain.drain(key.public_id)
    browser.enter(PERSON | {"email": "not canaria.vogelsang"})
    browser.post("submission_check", data=PERSON)
    return key


def crawl(client, starts):
    """Every page that can be reached by links and forms that read, each once."""
    todo, seen, texts = list(starts), set(), {}
    while todo and len(seen) < 400:
        url = todo.pop()
        path = url.split("#")[0]
        if path in seen or "logout" in path or not path.startswith("/") or path.startswith("//"):
            continue
        seen.add(path)
        response = client.get(path)
        if response.get("Location", "").startswith("/"):
            todo.append(response["Location"])
        if response["Content-Type"].startswith("text/html"):
            texts[path] = response.content.decode()
            page = parse(response) if not path.startswith("/admin/") else None
            links = page.all("a") if page else []
            todo += [link.attrs["href"] for link in links if link.attrs.get("href", "").startswith("/")]
        elif not response.streaming:
            texts[path] = response.content.decode()
        texts[f"headers of {path}"] = str(response.headers)
    return texts


def test_it_reaches_all_four_ends(canary):
    assert sorted(Submission.objects.values_list("state", flat=True)) == sorted(
        [State.CREATED, State.FAILED, State.UNKNOWN, State.QUEUED]
    )


@pytest.mark.parametrize("role", ["bob", "carol", "alice", "charlie", "nobody"])
def test_it_shows_the_key_on_no_page(canary, role, request, browse, monkeypatch):
    user = None if role == "nobody" else request.getfixturevalue(role)
    client = browse(user).client
    starts = ["/", "/t/brewers/submissions/", "/t/brewers/audit/?verify=1", "/t/brewers/fields/", "/accounts/login/",
    "/nothing/",
              "/healthz", "/readyz", "/t/brewers/submissions/new/", "/accounts/password/change/"]  # fmt: skip
    texts = crawl(client, starts)
    assert len(texts) > 20
    monkeypatch.setattr(keys, "trouble_sentence", lambda *args: 1 / 0)
    texts |= {f"broken {start}": client.get(start).content.decode() for start in starts}
    for text in texts.values():
        check_key(text)
        if role in ("charlie", "nobody"):
            check_person(text)


def test_it_shows_the_key_to_no_operator(canary, browse):
    root = make_operator()
    client = browse(root).client
    starts = ["/admin/"]
    for model in admin.site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        starts += [base, *(f"{base}{row.pk}/change/" for row in model._default_manager.all()[:10])]
        starts += [f"{base}{row.pk}/history/" for row in model._default_manager.all()[:2]]
    for path, text in crawl(client, starts).items():
        check_key(text)
        if "/auditentry/" in path or "/auditchain/" in path:
            check_person(text)


def test_it_keeps_the_key_out_of_the_database_dump(canary):
    out = io.StringIO()
    call_command("dumpdata", stdout=out)
    check_key(out.getvalue())
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            check_key(str(cursor.fetchall()))


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_key_out_of_the_database_s_own_file(canary):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has a file of its own to look into")
    name = connection.settings_dict["NAME"]
    raw = b"".join(Path(f"{name}{end}").read_bytes() for end in ("", "-wal"))
    assert PERSON["email"].encode() in raw
    assert [form for form in spellings(KEY) if form.encode() in raw] == []
    assert KEY.encode("utf-16-le") not in raw


def test_it_keeps_the_person_out_of_the_audit_log(canary):
    rows = list(AuditEntry.objects.values())
    assert len(rows) > 15
    check_person(json.dumps(rows, default=str))
    check_key(json.dumps(rows, default=str))


def test_it_keeps_key_and_person_out_of_the_logs(canary, bob, browse, caplog, monkeypatch):
    """At DEBUG, through the formatter of real life, with a crash in the middle."""
    browser = browse(bob)
    for name in ("submission_list", "audit_list", "submission_new"):
        browser.get(name)
    for lead in Submission.objects.all():
        browser.get("submission_detail", lead.public_id)
        browser.act(lead, "found", "canaria vogelsang\0")
    browser.client.get("/t/brewers/submissions/?q=canaria+vogelsang&page=x")
    Client(enforce_csrf_checks=True).post("/t/brewers/submissions/new/", PERSON)
    body = b"email=canaria" + b"x" * (4 << 20)
    browser.client.generic(
        "POST", browser.url("submission_new"), body, content_type="application/x-www-form-urlencoded"
    )

    def crash(*args, **kwargs):
        values, plain = PERSON, KEY  # as locals of a frame
        raise RuntimeError(f"X-API-KEY: {plain}" if values else "")

    monkeypatch.setattr(keys, "find_live_and_practice", crash)
    for name in ("submission_list", "submission_new"):
        assert browser.post(name, data=PERSON).status_code in (405, 500, 303)
        browser.get(name)
    formatter = RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    text = "\n".join(formatter.format(record) for record in caplog.records)
    assert "RuntimeError" in text
    assert (
        logging.getLogger("django.template").getEffectiveLevel() >= logging.INFO
    )  # below it, it repeats what it shows
    check_key(text)
    check_person(text)


def test_it_keeps_no_answer_that_repeats_the_key(canary):
    excerpts = list(DeliveryAttempt.objects.exclude(excerpt="").values_list("excerpt", flat=True))
    assert len(excerpts) >= 2
    for text in (*excerpts, json.dumps(list(Submission.objects.values("problem", "response")), default=str)):
        check_key(text)
