"""Signs that nobody sees, or that turn what others see: kept, dropped where a name must be exact, or refused."""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import pytest

from leadportal.logs import one_line
from leads.breakcold import payload
from leads.breakcold.fields import FIELDS, Kind
from leads.forms.kinds import INVISIBLE
from leads.models import Submission
from leads.sheets import csv_rows, unguarded
from tests.factories import form_for, make_submission

SINGLE = [
    *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *map(chr, range(0x200B, 0x2010)),
    *map(chr, range(0x2028, 0x202F)), *map(chr, range(0x2060, 0x2070)), *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xFFF9, 0x10000)), "\ud800", "\udfff", "\udbff\udc00", "\xa0", "\xad", "\u034f", "\u061c",
    "\u115f", "\u1160", "\u17b4", "\u180e", "\u3000", "\u3164", "\ufeff", "\uffa0", "\ufdd0",
    *map(chr, range(0xE0000, 0xE0010)), *map(chr, range(0xE0020, 0xE0040)), "\U000e0100", "\U0001fffe", "\U0010ffff",
    "\U000f0000",
]  # fmt: skip
WORDS = [
    "e\u0301", "\u00e9", "\u212b", "\ufb01", "\u1e9b\u0323", "Z" + "\u0335" * 50, "\u0430pple", "p\u0430yp\u0430l",
    "\u0391BC", "\uff21\uff22", "\u202egnp.exe", "\u2066x\u2069", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1ee\U0001f1ea", "\u0644\u0627", "\u05e9\u05dc\u05d5\u05dd", "\u65e5\u672c", "\ud55c\uad6d",
    "\u0939\u093f", "\u0e44\u0e17\u0e22", "\ufdfa", "\u01c4", "\u0130", "\u0131", "\u1e9e", "\u00df", "\u017f",
    "\u2460", "\u00bd", "\u0661", "\uff11", "\u4e00", "\u2122", "\u037e", "\u2019", "\u201c", "\u00ab", "\u2013",
    "\u2212", "\u2044", "\u29f8",
]  # fmt: skip
TEXTS = (
    [f"a{sign}b" for sign in (*SINGLE, *WORDS)] + [f"{sign}a{sign}" for sign in SINGLE] + [sign * 3 for sign in SINGLE]
)
KINDS = (Kind.TEXT, Kind.MULTILINE, Kind.HANDLE, Kind.EMAIL, Kind.URL, Kind.PHONE, Kind.AMOUNT)
NAMES = {field.name: field.kind for field in FIELDS if field.kind in KINDS}
EXACT = {Kind.HANDLE, Kind.EMAIL, Kind.URL, Kind.PHONE, Kind.AMOUNT}


def shown(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def exactly(text: str) -> str:
    return "".join(char for char in shown(text) if unicodedata.category(char) not in INVISIBLE).strip()


def test_each_field_keeps_each_sign_or_says_why_not(team) -> None:
    """In the form, as JSON to Breakcold, in a CSV file and in a line of the log."""
    assert len(TEXTS) >= 300
    form, kept = form_for(team), []
    for text in TEXTS:
        form.fill_in(dict.fromkeys(NAMES, text))
        form.full_clean()
        for name, kind in NAMES.items():
            if name in form.errors:
                assert all(form.errors[name]), (name, ascii(text))
                continue
            found = form.cleaned_data[name]
            assert found in ("", exactly(text) if kind in EXACT else shown(text)) or kind in EXACT, (name, ascii(text))
            if kind in EXACT:
                assert not [char for char in found if unicodedata.category(char) in INVISIBLE], (name, ascii(text))
            kept.append(found)
        assert one_line(text).isprintable()
    kept = sorted({text for text in kept if text})
    assert len(kept) > 150
    assert json.loads(payload.encode({"icebreaker": "\n".join(kept)})) == {"icebreaker": "\n".join(kept)}
    raw = b"".join(csv_rows(["a", "b"], [[text, "."] for text in kept])).decode("utf-8-sig")
    assert [unguarded(row[0]) for row in csv.reader(io.StringIO(raw, newline=""))][1:] == kept


def test_what_was_kept_comes_back_from_the_database(team, bob) -> None:
    form, texts = form_for(team), []
    for text in TEXTS:
        form.fill_in({"icebreaker": text, "company": "x"})
        form.full_clean()
        texts += [] if form.errors else [shown(text)]
    lead = make_submission(team, bob, icebreaker="\n".join(texts))
    assert Submission.objects.get(pk=lead.pk).values["icebreaker"] == "\n".join(texts)


@pytest.mark.parametrize("sign", ["\0", "\ud800", "\x1b", "\x85"])
def test_no_field_takes_what_no_page_can_show(sign: str, team) -> None:
    form = form_for(team, **dict.fromkeys(NAMES, f"a{sign}b"))
    assert NAMES.keys() <= form.errors.keys()
