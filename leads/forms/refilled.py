"""The entry form, filled in again for one row of a spreadsheet after the other."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .lead import LeadForm
from .shape import posted_names

MOST = 500  # texts of one field
LONGEST = 200  # characters: longer texts are seldom said twice

Judged = tuple[Any, ValidationError | None]


class RefilledForm(LeadForm):
    """Says of every row what the entry form says of it, and looks at nothing twice.

    Most fields have no column, and most columns of a large file say few things: what came of those is remembered.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: defaultdict[str, dict[Any, Judged]] = defaultdict(dict)

    def _clean_fields(self) -> None:
        """In place of Django's own, which makes a bound field of each field of each row."""
        errors = {name: error for name, (_, error) in self._blank.items() if error}
        self.cleaned_data = dict(self._blank_values)
        for name in dict.fromkeys(self._field_of[key] for key in self.data if key in self._field_of):
            value, error = self._judged(name, self.fields[name])
            errors.pop(name, None)
            if error:
                errors[name] = error
            else:
                self.cleaned_data[name] = value
        for name in self.fields if errors else ():
            if name in errors:
                self.add_error(name, errors[name])

    @cached_property
    def _field_of(self) -> dict[str, str]:
        """Which field each name is for under which something may come; a fixed one does not listen."""
        taken = {name: form_field for name, form_field in self.fields.items() if not form_field.disabled}
        return {key: name for name, form_field in taken.items() for key in posted_names({name: form_field})}

    @cached_property
    def _blank(self) -> dict[str, Judged]:
        """What each field says when nothing comes for it."""
        return {
            name: _judge(
                form_field,
                self.get_initial_for_field(form_field, name)
                if form_field.disabled
                else form_field.widget.value_from_datadict({}, {}, name),
            )
            for name, form_field in self.fields.items()
        }

    @cached_property
    def _blank_values(self) -> dict[str, Any]:
        return {name: value for name, (value, error) in self._blank.items() if not error}

    def _judged(self, name: str, form_field: forms.Field) -> Judged:
        said = form_field.widget.value_from_datadict(self.data, self.files, name)
        if type(said) is not str or len(said) > LONGEST:
            return _judge(form_field, said)
        known = self._known[name]
        if said in known:
            return known[said]
        found = _judge(form_field, said)
        if len(known) < MOST:
            known[said] = found
        return found


def _judge(form_field: forms.Field, said: Any) -> Judged:
    try:
        return form_field.clean(said), None
    except ValidationError as exc:
        return None, exc.with_traceback(None)
