"""Searching a large field without script: the form is posted, and comes again with the matches and all that was typed.

The box of a field is ``find.<field>``; ``found.<field>`` is what was in it when the page was made, and the button's
name is ``find``. Text that changed counts as a search too, because Enter in the box presses no button in particular.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict

from .kinds import Choosing

BOX, BEFORE, BUTTON = "find.", "found.", "find"
MAX_CHARACTERS = 200


class Searching:
    """Mixed into a form whose fields may be large. While somebody searches it is not valid and has no errors."""

    fields: dict[str, forms.Field]
    data: Any

    @property
    def finding(self) -> str:
        """The field in which somebody without script searches; empty when the form is meant to be sent."""
        return looked_for(self.fields, self.data) if isinstance(self.data, MultiValueDict) else ""

    def is_valid(self) -> bool:
        return not self.finding and bool(super().is_valid())  # type: ignore[misc]

    def full_clean(self) -> None:
        if not self.finding:
            super().full_clean()  # type: ignore[misc]
            return
        self._errors, self.cleaned_data = ErrorDict(), dict[str, Any]()
        show_matches(self.fields, self.data, self.finding)


def looked_for(fields: Mapping[str, forms.Field], data: Mapping[str, Any]) -> str:
    """The name of the field somebody searches in; empty when the form is meant to be sent."""
    if (pressed := data.get(BUTTON)) and pressed in fields:
        return str(pressed) if is_searched(fields[pressed]) else ""
    for name in fields:
        if is_searched(fields[name]) and data.get(BOX + name, "") != data.get(BEFORE + name, ""):
            return name
    return ""


def is_searched(form_field: forms.Field) -> bool:
    """Whether the field has more options than a page holds."""
    return isinstance(form_field.widget, Choosing) and form_field.widget.source.is_large


def show_matches(fields: Mapping[str, forms.Field], data: Mapping[str, Any], name: str) -> None:
    """Have the field show what was searched for beside what is chosen."""
    widget = fields[name].widget
    if isinstance(widget, Choosing):
        text = str(data.get(BOX + name, ""))[:MAX_CHARACTERS]
        widget.look_for(text, posted(data, name), [*posted(data, "lists"), *posted(data, "id_list")])


def posted(data: Mapping[str, Any], name: str) -> list[str]:
    """All values of one name."""
    if isinstance(data, MultiValueDict):
        return data.getlist(name)
    value = data.get(name)
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []
