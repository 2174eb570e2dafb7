"""How commands say where an import is."""

from __future__ import annotations

from collections.abc import Callable

from leads.models import LeadImport
from leads.services import imports
from leads.services.imports.results import error_rows
from leads.states import BEFORE_START, Stage

SHOWN_ERRORS = 20


def tell(say: Callable[[str], object], found: LeadImport) -> None:
    """One line about the import, then what its rows are counted as, or would be."""
    say(f"{found.reference}  {found.name}  {found.get_stage_display()}, {found.row_count} rows")
    if found.problem:
        say(found.problem)
    if found.stage == Stage.READY:
        foreseen = imports.forecast(found)
        say(f"would be created {foreseen.new}, duplicate {foreseen.duplicate}, not valid {foreseen.invalid}")
        for number, (row, column, _, message) in enumerate(error_rows(found)):
            if number >= SHOWN_ERRORS:
                say("…")
                break
            say(f"row {row}, {column}: {message}" if column else f"row {row}: {message}")
    elif found.stage not in BEFORE_START:
        say(", ".join(f"{name.label.lower()} {many}" for name, many in imports.count(found).items()))
