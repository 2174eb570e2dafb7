"""A key is replaced while fifty leads wait for it: all of them arrive, each once."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

LEADS = 50
OLD, NEW = "breakcold-usr-sandbox-rotation-before", "breakcold-usr-sandbox-rotation-after1"
ENTER = """
from leads.audit import Actor, ActorKind
from leads.models import Team, User
from leads.models.submissions import Door
from leads.services import submissions
team, user = Team.objects.get(slug="demo"), User.objects.get(email="member@demo.example")
actor = Actor(kind=ActorKind.USER, door=Door.COMMAND, user=user)
for number in range({leads}):
    values = {{"email": f"rotation{{number}}@example.com", "first_name": "Rotation"}}
    submissions.enter(team=team, values=values, actor=actor)
"""
STATES = """
from collections import Counter
from leads.models import Submission
rows = Submission.objects.filter(email_key__startswith="rotation")
print(*(f"{state}={count}" for state, count in sorted(Counter(rows.values_list("state", flat=True)).items())))
"""


def shell(portal, code):
    answer = portal.manage("shell", "-v", "0", "-c", code)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def received(portal):
    emails = (row["body"].get("email", "") for row in portal.received())
    return Counter(email for email in emails if email.startswith("rotation"))


def states(portal):
    """How many of the fifty are in which state, as "created=12 queued=38"."""
    return dict(pair.split("=") for pair in shell(portal, STATES).split())


@pytest.fixture
def old_key(portal):
    """The demo team's key, with so small a budget that most of the leads must wait; the new one has enough."""
    assert portal.manage("setkey", "demo", text=OLD).returncode == 0
    portal.tell_sandbox("limits", key=OLD, limit=10)
    portal.tell_sandbox("limits", key=NEW, limit=1000)


def test_it_replaces_the_key_under_fifty_waiting_leads(journey, old_key):
    portal = journey.portal
    page = journey.sign_in("admin")
    page.goto(f"{portal.url}/t/demo/settings/key/")
    shell(portal, ENTER.format(leads=LEADS))
    page.reload()
    expect(page.locator("#key-waiting")).to_contain_text(re.compile(r"\b4\d leads wait for it"), timeout=60_000)
    page.click("summary:has-text('Replace the key')")
    page.click("text=Hold the queue")
    expect(page.locator("#key-state")).to_contain_text("The queue is held")
    expect(page.locator("#key-waiting")).to_contain_text("Nothing is on the way any more", timeout=30_000)
    before = received(portal)
    assert 0 < len(before) < LEADS

    # The new key does not work yet: nothing is lost and nothing leaves.
    portal.tell_sandbox("keys/revoke", key=NEW)
    portal.tell_sandbox("keys/revoke", key=OLD)  # as Breakcold may do when it makes a new one
    page.fill("[name=breakcold_key]", NEW)
    page.click("text=Try it and keep it")
    expect(page.locator("#message-breakcold_key")).to_contain_text("does not accept this key (401)")
    expect(page.locator("[name=breakcold_key]")).to_have_value("")
    expect(page.locator("#key-state")).to_contain_text("The queue is held")
    assert states(portal) == {"created": str(len(before)), "queued": str(LEADS - len(before))}
    assert received(portal) == before

    portal.tell_sandbox("keys/restore", key=NEW)
    page.fill("[name=breakcold_key]", f"  {NEW} ")
    page.click("text=Try it and keep it")
    expect(page.locator("#notices")).to_contain_text("works and is kept")
    expect(page.locator("#notices")).to_contain_text("Spaces or line ends around it were removed")
    expect(page.locator("#key-waiting")).to_contain_text("No lead waits.", timeout=90_000)
    expect(page.locator("#key-waiting")).not_to_contain_text("on the way", timeout=30_000)

    assert states(portal) == {"created": str(LEADS)}
    assert received(portal) == {f"rotation{number}@example.com": 1 for number in range(LEADS)}
    assert portal.manage("verify_audit", "--team", "demo").returncode == 0
    assert NEW not in page.content() and OLD not in page.content()
    assert NEW not in (portal.folder / "up.log").read_text()
    assert [text for text in journey.console if "422" not in text] == []
    assert journey.foreign == []
