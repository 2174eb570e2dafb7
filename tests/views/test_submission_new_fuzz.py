"""Any text at all in any field: entered exactly, in normal form, or handed back whole."""

from __future__ import annotations

import unicodedata
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.breakcold import payload
from leads.breakcold.fields import FIELDS, Kind
from leads.breakcold.sandbox import rules
from leads.breakcold.sandbox.world import make_id, make_world
from leads.models import Submission
from leads.services.submissions import body_of

from .page import lead_form

NASTY = ["", " ", "\0", "\ud800", "\u202eabc", "\u200b", "é", "e\u0301", "a@example.com", "+353 1 234 5678",
"12,500", "=1+1",
         "https://example.com", "javascript:x", "<b>", "{{x}}", "\r\n", "true", "false", "EUR", "2026-05-31",
         "2026-05-31T10:00",
         "1e9", "Z", "null", "[]", "🦊", "\ufffe", "\U0010ffff", "𝕊", "ﷺ" * 50, "%00", "\x85", "\u2028"]  # fmt: skip
TEXT = st.one_of(st.text(max_size=60), st.sampled_from(NASTY), st.text(alphabet="0123456789+-.,@:/ eE", max_size=25))
WORLD = make_world()
PLAIN = [field for field in FIELDS if field.kind is not Kind.ATTRIBUTES]
ATTRIBUTES = [f"attributes.{row['id']}" for row in WORLD["attributes"] if row["type"] != "LOCATION"]
PLACE = f"attributes.{make_id('attribute', 'Delivery address')}"
NAMES = (
    [field.name for field in PLAIN] + ATTRIBUTES + [PLACE + part for part in ("_address", "_latitude", "_longitude")]
)
#: Ids that exist, so that some examples get through.
IDS = {field.name: [row["id"] for row in WORLD[rules.PICKERS[field.picker]]] for field in PLAIN if field.picker}

#: What a list of options or the browser's own box for a moment cannot show again as it was sent.
CHOSEN = {field.name for field in PLAIN if field.kind in (Kind.BOOLEAN, Kind.CURRENCY, Kind.OPTION, Kind.OPTIONS)} | {
    f"attributes.{row['id']}" for row in WORLD["attributes"] if row["type"] in ("SELECT", "CHECKBOX", "TIMESTAMP")
}


@st.composite
def forms(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=12))
    return {
        name: draw(st.sampled_from(IDS[name])) if name in IDS and draw(st.booleans()) else draw(TEXT) for name in names
    }


def sendable(text):
    """As a browser encodes it: half a character cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def one_line_end(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def normal(text, *, exact):
    """Composed, without space around it, line ends as one; where it must be exact without what nobody sees."""
    text = unicodedata.normalize("NFC", one_line_end(text)).strip()
    return "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc")).strip() if exact else text


def check_kept(typed, values):
    for field in PLAIN:
        text = typed.get(field.name, "")
        if field.kind in (Kind.TEXT, Kind.MULTILINE):
            kept = normal(text, exact=False)
            assert values.get(field.name, "") == (kept if any(map(is_visible, kept)) else "")
        elif field.kind is Kind.EMAIL:
            assert values.get(field.name, "") == normal(text, exact=True)
        elif field.kind is Kind.HANDLE:
            assert values.get(field.name, "") == normal(text, exact=True).removeprefix("@").strip()
        elif field.kind is Kind.OPTIONS:
            assert values.get(field.name, []) == ([text] if text else [])


def is_visible(char):
    return unicodedata.category(char) not in ("Cf", "Cc", "Cs") and not char.isspace()


@settings(
    derandomize=True, max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=forms())
def test_it_keeps_or_hands_back_any_text(bob, browse, options, typed):
    typed = {name: sendable(text) for name, text in typed.items()}
    before = Submission.objects.count()
    response = browse(bob).enter(typed | {"one_time_key": str(uuid4())})
    assert response.status_code in (303, 422)
    assert Submission.objects.count() == before + (response.status_code == 303)
    if response.status_code == 422:
        sent = lead_form(response).sends()
        for name, text in typed.items():
            if name not in CHOSEN:
                assert one_line_end(sent[name][-1]) == one_line_end(text), name
        return
    submission = Submission.objects.order_by("-pk").first()
    check_kept(typed, submission.values)
    body = body_of(submission)
    assert rules.read_object(payload.encode(body)) == body
    lead_ids = {typed.get(f"attributes.{make_id('attribute', 'Introduced by')}", "").strip()}
    issues = [
        found
        for found in rules.check_lead(body, WORLD, lead_ids)
        if found["path"][-1] not in body.get("attributes", {})
    ]
    assert issues == []
