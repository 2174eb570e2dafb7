"""What people type, and the normal form it is kept in."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.forms import Field
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.forms.kinds import (
    PLAIN_URL,
    AmountField,
    BooleanField,
    EmailField,
    HandleField,
    IdentifierField,
    OptionField,
    OptionsField,
    PhoneField,
    TextField,
    UrlField,
    check_url,
)


def name_of(part):
    return type(part).__name__ if isinstance(part, Field) else ascii(part)


TEXT = TextField(required=False, max_length=20)
LINES = TextField(required=False, lines=True, max_length=20)
WORD = IdentifierField(required=False)
EMAIL = EmailField(required=False, max_length=254)
URL = UrlField(required=False, max_length=2_000)
HANDLE = HandleField(required=False, max_length=20)
PHONE = PhoneField(required=False, max_length=40)
IRISH = PhoneField(required=False, max_length=40, country="IE")
AMOUNT = AmountField(required=False, digits=6)
COLOURS = [("r", "Red"), ("g", "Green"), ("b", "Blue")]
OPTION = OptionField(required=False, choices=[("", "—"), *COLOURS])
OPTIONS = OptionsField(required=False, choices=COLOURS, limit=2)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (TEXT, None, ""),
        (TEXT, "", ""),
        (TEXT, "  Ann\u00a0 ", "Ann"),
        (TEXT, "a  b\tc", "a  b\tc"),
        (TEXT, "e\u0301", "é"),
        (TEXT, "\u200b\u2060 \ufeff", ""),
        (TEXT, "👩🏽‍💻", "👩🏽‍💻"),
        (TEXT, "نام\u200cخانوادگی", "نام\u200cخانوادگی"),
        (TEXT, "x" * 20, "x" * 20),
        (LINES, "a\r\nb\rc\nd", "a\nb\nc\nd"),
        (LINES, "\n\n", ""),
        (WORD, "a\u200bb\u00ad\ufeffc", "abc"),
        (WORD, "\U0001fae8", "\U0001fae8"),  # newer than Python's own table: not invisible
        (EMAIL, " mailto:Ann@Example.com ", "Ann@Example.com"),
        (EMAIL, "o'brien+tag@sub.example.co.uk", "o'brien+tag@sub.example.co.uk"),
        (EMAIL, "ann@müller.example", "ann@müller.example"),
        (URL, "example.com", "https://example.com"),
        (URL, "example.com:8080/a", "https://example.com:8080/a"),
        (URL, "HTTP://EXAMPLE.com/A?b=c#d", "HTTP://EXAMPLE.com/A?b=c#d"),
        (URL, "https://münchen.example/ä", "https://münchen.example/ä"),
        (HANDLE, "@ann", "ann"),
        (HANDLE, "@ ann", "ann"),
        (HANDLE, "@@ann", "@ann"),
        (PHONE, "+353 (0)1 234-5678", "+35312345678"),
        (PHONE, "00353/1.234.5678", "+35312345678"),
        (PHONE, "tel:+353‑1‑234‑5678", "+35312345678"),
        (PHONE, "\u202a+353 1 234 5678\u202c", "+35312345678"),
        (PHONE, "+٣٥٣ ١ ٢٣٤ ٥٦٧٨", "+35312345678"),
        (IRISH, "01 234 5678", "+35312345678"),
        (IRISH, "+44 20 7946 0958", "+442079460958"),
        (AMOUNT, "12,500", "12500"),
        (AMOUNT, "12.500", "12500"),
        (AMOUNT, "12 500", "12500"),
        (AMOUNT, "12’500", "12500"),
        (AMOUNT, "007", "7"),
        (AMOUNT, "0", "0"),
        (AMOUNT, "000", "0"),
        (OPTION, "r", "r"),
        (OPTION, "", ""),
        (OPTIONS, ["b", "r", "b", ""], ["b", "r"]),
        (OPTIONS, [], []),
    ],
    ids=name_of,
)
def test_it_keeps(field, typed, kept):
    assert field.clean(typed) == kept


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        (TEXT, "a\nb", "Only one line"),
        (TEXT, "a\0b", "cannot be shown"),
        (TEXT, "\ud800", "cannot be shown"),
        (TEXT, "x" * 21, "at most 20"),
        (LINES, "a\x0bb", "cannot be shown"),
        (EMAIL, "Ann <ann@example.com>", "not an email"),
        (EMAIL, "ann", "name@example.com"),
        (URL, "javascript:alert(1)", "not a web address"),
        (URL, "jav\u200bascript:alert(1)", "not a web address"),
        (URL, "data:,x", "not a web address"),
        (PHONE, "01 234 5678", "Begin with +"),
        (PHONE, "+353 1 234 5678 ext 12", "Leave out “ext”"),
        (PHONE, "+353 1 234 5678 ab", "Leave out “ab”"),
        (PHONE, "+1", "not a phone number"),
        (PHONE, "+353 12", "too few or too many"),
        (PHONE, "+353 1 234 5678 / 87 123 4567", "too few or too many"),
        (IRISH, "hello", "not a phone number"),
        (AMOUNT, "1,23", "whole number"),
        (AMOUNT, "1,000.000", "whole number"),
        (AMOUNT, "1234567", "at most 6 digits"),
        (OPTION, "x", "not one of the options any more"),
        (OPTIONS, ["x"], "not one of the options any more"),
        (OPTIONS, "r", "Choose from the list"),
        (OPTIONS, ["r", "g", "b"], "at most 2"),
    ],
    ids=name_of,
)
def test_it_refuses(field, typed, says):
    with pytest.raises(ValidationError) as caught:
        field.clean(typed)
    assert says in " ".join(caught.value.messages)


@pytest.mark.parametrize("field", [TEXT, WORD, EMAIL, URL, HANDLE, PHONE, AMOUNT])
def test_it_keeps_its_own_normal_form(field):
    """What was kept and is shown in the form again is kept the same a second time."""
    for typed in ("  Ann ", "@ann", "ann@example.com", "example.com", "+353 1 234 5678", "12,500", "\u200bx"):
        try:
            kept = field.clean(typed)
        except ValidationError:
            continue
        assert field.clean(kept) == kept


@pytest.mark.parametrize("default", [True, False])
def test_it_reads_yes_and_no(default):
    field = BooleanField(default=default)
    assert [field.clean(typed) for typed in (True, "true", "on", "1", "True")] == [True] * 5
    assert [field.clean(typed) for typed in (False, "false", "off", "0", "False")] == [False] * 5
    assert [field.clean(typed) for typed in (None, "")] == [default] * 2
    for typed in ("maybe", "2", "TRUE"):
        with pytest.raises(ValidationError):
            field.clean(typed)


@settings(max_examples=300)
@given(st.from_regex(PLAIN_URL, fullmatch=True))
def test_it_takes_no_address_for_plain_that_is_none(address):
    check_url(address)
