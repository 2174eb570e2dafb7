from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry, Webhook
from leads.services.webhook_targets import open_target
from tests.receivers import EVERYTHING

from .helpers import run

pytestmark = pytest.mark.django_db

ADDRESS = "http://127.0.0.1:9/SecretPath"


@pytest.fixture(autouse=True)
def open_to_this_machine(settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True


def test_it_prints_the_secret_alone(team):
    said = run("addwebhook", "brewers", "--name", "CRM sync", stdin=f"{ADDRESS}\n")
    hook = Webhook.objects.select_related("team").get()
    assert said == f"{open_target(hook).secret}\n"
    assert (hook.name, hook.kind, hook.events, open_target(hook).address) == ("CRM sync", "json", EVERYTHING, ADDRESS)
    assert AuditEntry.objects.get(action="webhook.added").actor_kind == "operator"


def test_it_prints_nothing_for_a_chat(team):
    options = ("--kind", "text", "--event", "lead.failed", "--event", "key.paused")
    assert run("addwebhook", "brewers", "--name", "chat", *options, stdin=ADDRESS) == ""
    assert Webhook.objects.get().events == ["lead.failed", "key.paused"]


@pytest.mark.parametrize(
    ("slug", "stdin", "words"),
    [
        ("nobody", ADDRESS, "no team"),
        ("brewers", "", "Type the address"),
        ("brewers", "https://10.0.0.1@127.0.0.1/SecretPath", "before the @"),
    ],
)
def test_it_refuses_and_repeats_no_path(team, slug, stdin, words):
    with pytest.raises(CommandError, match=words) as caught:
        run("addwebhook", slug, "--name", "x", stdin=stdin)
    assert "SecretPath" not in str(caught.value)
    assert not Webhook.objects.exists()
