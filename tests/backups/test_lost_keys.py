"""A portal restored without the encryption keys of the one that was backed up: it runs, and says what is to be done."""

from __future__ import annotations

import io

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client

from leads import crypto
from leads.delivery import drain
from leads.forms.keys import FIELD
from leads.models import BreakcoldKey, Submission
from leads.models.keys import KeyStatus
from leads.services import webhooks
from leads.states import State
from tests.conftest import confirm
from tests.factories import OPERATOR, PASSWORD, give_app, make_submission
from tests.fakes import SANDBOX_KEY
from tests.views.page import parse

LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"


@pytest.fixture
def lost(team, alice, bob, key, settings):
    """Alice's app, her recovery codes and a webhook were sealed with what is gone; a lead of Bob's waits."""
    give_app(alice)
    data = {"seed": crypto.seal_factor("seed"), "used_mask": 0}
    Authenticator.objects.create(user=alice, type=Authenticator.Type.RECOVERY_CODES, data=data)
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    address = "http://127.0.0.1:9/x"
    webhooks.add_webhook(team=team, name="Chat", kind="json", address=address, events=["lead.created"], actor=OPERATOR)
    lead = make_submission(team, bob)
    settings.PORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return lead


def words(answer) -> str:
    return " ".join(parse(answer).one("main").text.split())


def test_it_starts_without_the_keys_and_says_what_has_to_be_entered_again(lost, team, alice, sign_in, sandbox):
    """The team's pages open; that of the key asks for it, and pasting it lets the leads go."""
    browser = sign_in(alice)
    drain.drain(BreakcoldKey.objects.get().public_id)
    assert Submission.objects.get(pk=lost.pk).state == State.QUEUED
    for path in ("", "submissions/", "settings/key/", "settings/webhooks/", "settings/tokens/", "settings/pickers/"):
        answer = browser.get(f"/t/brewers/{path}")
        assert answer.status_code == 200, path
    said = words(browser.get("/t/brewers/settings/key/"))
    assert "It does not work" in said and "paste the key again" in said and "Every lead" not in said
    assert browser.get("/readyz").status_code in (200, 503)
    again = {FIELD: SANDBOX_KEY, "seen": str(BreakcoldKey.objects.get().public_id)}
    browser.post("/t/brewers/settings/key/", again)
    key = BreakcoldKey.objects.current().get()
    assert key.status == KeyStatus.ACTIVE
    drain.drain(key.public_id)
    assert Submission.objects.get(pk=lost.pk).state == State.CREATED


def test_a_second_factor_that_cannot_be_read_is_told_apart_from_a_wrong_code(lost, alice):
    client = Client()
    assert client.post(LOGIN, {"login": alice.email, "password": PASSWORD})["Location"] == CODE
    answer = client.post(CODE, {"code": "123456"})
    assert answer.status_code == 503 and "operator" in words(answer) and "second factor" in words(answer)
    call_command("resetfactors", alice.email, stdout=io.StringIO())
    assert client.post(LOGIN, {"login": alice.email, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    "path", ["", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/", "webauthn/", "set-up/"]
)
def test_no_page_about_the_second_factor_breaks_off(lost, alice, sign_in, path, caplog):
    """What the page needs is said, and in the log what the operator has to look for."""
    client = sign_in(alice)
    confirm(client, alice)
    answer = client.get(f"/accounts/2fa/{path}")
    assert answer.status_code in (200, 302) or "cannot read" in words(answer)
    assert (answer.status_code == 503) == ("PORTAL_ENCRYPTION_KEYS" in caplog.text)
