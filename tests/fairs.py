"""Spreadsheets as people bring them home from a fair: made up from a seed, with known flaws."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field

FIRST = ("Aoife", "Brian", "Ciara", "Dáithí", "Eimear", "Fionn", "Gráinne", "Jürgen", "Zoë", "Inês")
LAST = ("Byrne", "Daly", "Müller", "O'Brien", "García", "van Dijk", "Rossi", "Núñez", "Keane", "Weiß")
HEADINGS = ("Vorname", "Nachname", "E-Mail-Adresse", "Telefon", "Firma", "Funktion", "Ort", "Besuchernotiz", "Stand")
BAD_EMAILS = ("keine", "aoife@", "@example.com", "a b@example.com")
MARK = "made-in-a-test"


@dataclass
class Fair:
    """The file, and what should become of its rows: emails of those to be created, numbers of the others."""

    content: bytes
    emails: list[str] = field(default_factory=list)
    invalid: list[int] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    rows: int = 0

    @property
    def kinds(self) -> tuple[int, int, int]:
        return len(self.emails), len(self.duplicates), len(self.invalid)


def make_fair(seed: int, rows: int = 300, *, encoding: str = "", delimiter: str = "") -> Fair:
    """``rows`` rows: about one in fifteen is not valid, one in twenty the same as one before it."""
    rng = random.Random(seed)
    encoding = encoding or rng.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
    delimiter = delimiter or rng.choice((";", ",", "\t"))
    fair = Fair(b"", rows=rows)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(("\r\n", "\n")))
    writer.writerow(HEADINGS)
    for number in range(2, rows + 2):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        email = f"{seed}-{number}@example.com"
        flaw = rng.random()
        if flaw < 0.06:
            fair.invalid.append(number)
            email = rng.choice(BAD_EMAILS)
        elif flaw < 0.11 and fair.emails:
            fair.duplicates.append(number)
            email = rng.choice(fair.emails).upper()
        else:
            fair.emails.append(email)
        phone = f"+353 1 {number:07d}" if flaw > 0.5 else ""
        note = rng.choice(("", "Wants a price list", 'Said "call me"', "Two lines\nof notes", "Likes; semicolons, too"))
        row = [first, last, email, phone, f"Brewing {seed}-{number}", "Einkauf", "Dublin", note, "H3"]
        writer.writerow(row[: rng.choice((7, 8, 9))] if flaw > 0.9 else row)
    fair.content = out.getvalue().encode(encoding)
    return fair
