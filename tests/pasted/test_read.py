"""Pasted text: what real-looking signatures, cards and rows say; hostile text costs nothing and loses nothing."""

from __future__ import annotations

import re

import pytest

from leads.breakcold.fields import BY_NAME
from leads.pasted import MOST_CHARACTERS, read

from .signatures import SIGNATURES


@pytest.mark.parametrize("name", SIGNATURES)
def test_it_reads_signatures_cards_and_rows(name):
    country, text, values, rest = SIGNATURES[name]
    found = read(text, country=country)
    assert (found.values, found.rest) == (values, rest)


def test_nothing_is_lost_but_greetings_and_labels():
    """Every number and every address that was pasted is in a field or among what found no place."""
    for name, (country, text, _, _) in SIGNATURES.items():
        found = read(text, country=country)
        kept = " ".join([*found.values.values(), *found.rest])
        for word in re.findall(r"\d{3,}|[\w.]+@[\w.]+", text):
            assert word in kept or word in ("3.0", "4.0"), (name, word)


def test_line_ends_spaces_and_what_is_invisible_do_not_matter():
    country, text, values, _ = SIGNATURES["germany"]
    for strange in (
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.replace(" ", "\u00a0"),
        "\ufeff" + text.replace("\n", "\u200b\n"),
        "\n\n".join(f"> {line}" for line in text.split("\n")),
    ):
        assert read(strange, country=country).values == values


def test_a_card_may_be_old_folded_and_encoded():
    card = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCster;J=C3=B6rg\r\n"
        "TEL;CELL;VOICE:+49 151 5550100\r\nTEL;FAX:+49 30 5550199\r\nitem1.EMAIL;PREF=1:joerg@exa\r\n mple.com\r\n"
        "ORG:Beispiel\\; S\\u00f6hne GmbH;Einkauf\r\nX-SOCIALPROFILE;TYPE=linkedin:https://www.linkedin.com/in/joerg\r\n"
        "PHOTO;ENCODING=b:AAAA\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Somebody Else\r\nEND:VCARD"
    )
    found = read(card)
    assert found.values["first_name"] == "Jörg"
    assert found.values["last_name"] == "Müster"
    assert found.values["email"] == "joerg@example.com"
    assert found.values["phone"] == "+49 151 5550100"
    assert found.values["company"].startswith("Beispiel; S")
    assert found.values["linkedin_url"] == "https://www.linkedin.com/in/joerg"
    assert "FN:Somebody Else" in found.rest
    assert any("+49 30 5550199" in line for line in found.rest)


def test_what_comes_twice_is_not_overwritten():
    found = read("Email: one@example.com\nEmail: two@example.com\nEmail: ONE@example.com")
    assert found.values == {"email": "one@example.com"}
    assert found.rest == ["Email: two@example.com"]


def test_text_that_is_no_signature_fills_nothing():
    for text in ("", "   \n\t\n", "hello there", "We met at the fair and talked about hops for an hour.", "12", "?!?"):
        assert read(text).values == {}, text


HOSTILE = {
    "long": "a" * 100_000,
    "many lines": "\n".join(["a b c d"] * 20_000),
    "nul": "\0" * 5_000 + "Sam\0Sample <sam\0@example.com>",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\n" * 300,
    "at signs": ("a@" * 249 + "\n") * 40,
    "dots": ("a.@" * 160 + "\n") * 40,
    "domains": ("a." * 240 + "\n") * 40,
    "spaces": ("  " * 240 + "x\n") * 40,
    "brackets": ("( [ < @ " * 60 + "\n") * 40,
    "digits": ("1 " * 240 + "\n") * 40,
    "dashes": ("a - " * 120 + "\n") * 40,
    "codes": ("12345 " * 26 + "\n") * 120,
    "code and words": ("1234 Aa " * 19 + "!\n") * 120,
    "commas": ("Ab," * 53 + "\n") * 120,
    "words": ("a " * 79 + "1\n") * 120,
    "names": ("Aa-a." * 15 + " B\n") * 200,
    "initials": ("e. " * 39 + "\n") * 160,
    "addresses": ("https://" * 60 + "\n") * 40,
    "labels": ("t: " * 160 + "\n") * 40,
    "signs": ("あ" * 480 + "\n") * 40,
    "halves": "\ud800 \udfff Sam",
    "card": "BEGIN:VCARD\n" + "N:;;;;" * 3_000 + "\n" + ("A;" * 200 + ":x\n") * 30,
    "quoted": "BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:" + "=ZZ" * 3_000,
    "card without end": "BEGIN:VCARD\n" * 200,
    "tabs": ("a\t" * 240 + "\n") * 40,
    "row of headings": "Email\tName\n" + "\t" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_to_its_end(name):
    """Each expression is bounded by the length of a line, and lines are counted: none of these takes seconds."""
    found = read(HOSTILE[name], country="IE")
    assert found.values.keys() <= BY_NAME.keys()
    assert all("\0" not in text for text in (*found.values.values(), *found.rest))
    assert sum(map(len, found.values.values())) <= MOST_CHARACTERS
