"""What became of each row, as a file and as words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leads.models import ImportRow, LeadImport
from leads.states import Count, Fate, State

from .counting import counted_as

CHUNK = 500
#: What a result file says beside the original columns. The first is how the portal knows a row again.
RESULT_COLUMNS = ("Portal row", "Portal state", "Breakcold id", "Portal reason")
#: The rows that somebody may want to correct and upload again.
TO_CORRECT = frozenset({Count.INVALID, Count.FAILED})


def result_headings(lead_import: LeadImport) -> list[str]:
    own = [heading for heading in lead_import.headings if heading not in RESULT_COLUMNS]
    return [*own, *RESULT_COLUMNS]


def result_rows(lead_import: LeadImport, *, only: frozenset[Count] = frozenset()) -> Iterator[list[str]]:
    """The file's rows in its columns and order, with what became of each; all, or those counted as one of ``only``."""
    kept = [place for place, heading in enumerate(lead_import.headings) if heading not in RESULT_COLUMNS]
    rows = lead_import.rows.select_related("submission__decided_by", "twin").order_by("position")
    for row in rows.iterator(CHUNK):
        counted = counted_as(row.fate, row.submission.state if row.submission else None)
        if only and counted not in only:
            continue
        texts = row.texts
        cells = [texts[place] if place < len(texts) else "" for place in kept]
        there = row.submission or row.twin
        breakcold_id = there.breakcold_id if there is not None else ""
        yield [*cells, str(row.public_id), state_words(row), breakcold_id, reason_of(row, lead_import.headings)]


def error_rows(lead_import: LeadImport) -> Iterator[list[str]]:
    """Row, column, cell and reason of everything that is wrong."""
    for row in lead_import.rows.filter(fate=Fate.INVALID).order_by("position").iterator(CHUNK):
        texts = row.texts
        for column, _, message in row.errors:
            text = texts[column] if 0 <= column < len(texts) else ""
            yield [str(row.number), heading_of(column, lead_import.headings), text, message]


ERROR_HEADINGS = ("Row", "Column", "Cell", "Reason")


def heading_of(column: int, headings: Sequence[str]) -> str:
    return headings[column] if 0 <= column < len(headings) else ""


def state_words(row: ImportRow) -> str:
    """Where a row is, in a word or two."""
    return State(row.submission.state).label if row.submission else Fate(row.fate).label


def reason_of(row: ImportRow, headings: Sequence[str]) -> str:
    """Why a row is not in Breakcold; empty when it is, or is on its way."""
    if row.fate == Fate.INVALID:
        return " ".join(_error(column, message, headings) for column, _, message in row.errors)
    if row.fate == Fate.DUPLICATE:
        return twin_words(row)
    if row.fate == Fate.SKIPPED:
        return "The import was cancelled or rejected before this row was sent."
    return _reason_of_lead(row) if row.submission else ""


def _error(column: int, message: str, headings: Sequence[str]) -> str:
    heading = heading_of(column, headings)
    return f"{heading}: {message}" if heading else message


def twin_words(row: ImportRow) -> str:
    """What a row is the same as."""
    if row.twin is not None:
        return f"The same as the lead {row.twin.reference}, {row.twin.title}."
    return f"The same as row {row.twin_number}." if row.twin_number else ""


def _reason_of_lead(row: ImportRow) -> str:
    lead = row.submission
    if lead is None or lead.state == State.CREATED:
        return ""
    if lead.state == State.REJECTED:
        return f"A reviewer rejected it. See {lead.reference}."
    if lead.state == State.CANCELLED:
        return "It was taken back before it was sent."
    problem = lead.problem or {}
    issues = [f"{issue.get('field', '')}: {issue.get('message', '')}" for issue in problem.get("issues", [])]
    return " ".join(filter(None, [str(problem.get("message") or ""), *issues]))
