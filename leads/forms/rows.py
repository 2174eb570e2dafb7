"""Checks the rows of a spreadsheet by the entry form's own rules: one form that is filled in again for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from nameparser import HumanName

from leads.breakcold.payload import is_empty
from leads.models import FormPreset, Team

from .cells import converters, names_of
from .columns import FULL_NAME, Plan
from .options import Options, options_of
from .refilled import RefilledForm

NO_COLUMN = -1
Error = tuple[int, str, str]  # column, name of the form's field, message


@dataclass(frozen=True, slots=True)
class Verdict:
    """The lead in normal form, or everything that is wrong with the row."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[Error] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        return not self.errors


class RowChecker:
    """``check`` answers for one row after the other what the entry form would answer for each by itself."""

    def __init__(
        self, team: Team, plan: Plan, *, preset: FormPreset | None = None, options: Options | None = None
    ) -> None:
        self.plan = plan
        self.form = RefilledForm({}, team=team, options=options or options_of(team), preset=preset)
        targets = {*plan.columns, *plan.constants} - {""}
        self.names = names_of(team, self.form.options, targets, plan.choices)
        self._convert = converters(self.form.options)
        self._columns = [(column, target) for column, target in enumerate(plan.columns) if target]
        # Lists come first: which step a status is depends on them.
        self._columns.sort(key=lambda pair: (pair[1] == "status", pair[0]))
        self._column_of = {target: column for column, target in self._columns}
        if FULL_NAME in self._column_of:
            for part in ("first_name", "last_name"):
                self._column_of.setdefault(part, self._column_of[FULL_NAME])
        self._defaults = self._preset_defaults(preset)

    def _preset_defaults(self, preset: FormPreset | None) -> dict[str, Any]:
        """What the preset begins with where the file has no column for it."""
        fixed = self.form.shape.fixed if self.form.shape else {}
        rows = preset.rows if preset else []
        begun = {row["name"]: row["default"] for row in rows if not is_empty(row.get("default"))}
        taken = {*self.plan.columns, *self.plan.constants}
        return {
            name: value
            for name, value in begun.items()
            if name in self.form.fields and name not in fixed and name not in taken
        }

    def check(self, texts: Sequence[str]) -> Verdict:
        errors: list[Error] = []
        data: dict[str, Any] = dict(self._defaults)
        for target, text in self.plan.constants.items():
            self._put(data, target, text, NO_COLUMN, errors)
        for column, target in self._columns:
            if column < len(texts) and texts[column].strip():
                self._put(data, target, texts[column], column, errors)
        form = self.form
        form.fill_in(data)
        if not form.errors and not errors:
            return Verdict(form.values())
        wrong = {name for _, name, _ in errors}
        for name, messages in form.errors.items():
            target = "" if name == "__all__" else name
            if target not in wrong and not (errors and not target):  # a cell that was not taken may be all it lacks
                column = self._column_of.get(target, NO_COLUMN)
                errors += [(column, target, str(message)) for message in messages]
        return Verdict(errors=errors)

    def _put(self, data: dict[str, Any], target: str, text: str, column: int, errors: list[Error]) -> None:
        try:
            if target == FULL_NAME:
                _put_name(data, text)
            elif target in self.names:
                found = self.names[target].read(text, [*data.get("lists", []), data.get("id_list", "")])
                data[target] = found if self.names[target].several else (found or [""])[0]
            else:
                convert = self._convert.get(target)
                data[target] = convert(text) if convert else text
        except ValidationError as exc:
            errors += [(column, target, message) for message in exc.messages]

    @property
    def unmatched(self) -> dict[str, dict[str, int]]:
        """The names of options that nobody knows, by field, with how many rows say them."""
        return {target: dict(names.unmatched) for target, names in self.names.items() if names.unmatched}


def _put_name(data: dict[str, Any], text: str) -> None:
    name = HumanName(text)
    first = " ".join(filter(None, (name.first, name.middle)))
    parts = {"first_name": first or text.strip(), "last_name": " ".join(filter(None, (name.last, name.suffix)))}
    data |= {key: part for key, part in parts.items() if part and key not in data}


def constant_errors(team: Team, plan: Plan, preset: FormPreset | None = None) -> Mapping[str, str]:
    """What is wrong with the constants by themselves, by field."""
    checker = RowChecker(team, plan, preset=preset)
    verdict = checker.check([])
    return {name: message for column, name, message in verdict.errors if column == NO_COLUMN and name in plan.constants}
