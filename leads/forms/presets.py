"""The editor of a preset: for each field of the entry form whether and how it shows, and what it begins with.

A default is checked by the very form field it is for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.forms.utils import ErrorDict

from leads.breakcold.fields import BY_NAME, GROUP_LABELS, SHORT, Group
from leads.breakcold.payload import is_empty
from leads.models import FormPreset, Team

from .kinds import BooleanField, TextField
from .lead import IDENTIFYING, LeadForm
from .looking import Searching
from .options import Options
from .shape import ATTRIBUTE_PREFIX, Row, Trouble, kind_of, words_of

MAX_NAME_CHARACTERS = 100
LISTS = ("lists", "id_list")


class Use(TextChoices):
    """What a preset does with a field."""

    SHOWN = "shown", "Shown"
    REQUIRED = "required", "Shown, must be filled in"
    LOCKED = "locked", "Shown, cannot be changed"
    HIDDEN = "hidden", "Filled in, not shown"
    OUT = "out", "Left out"

    @classmethod
    def of(cls, row: Row | None) -> Use:
        if row is None:
            return cls.OUT
        if row.get("fixed"):
            return cls.LOCKED if row.get("shown") else cls.HIDDEN
        return cls.REQUIRED if row.get("required") else cls.SHOWN

    @property
    def is_fixed(self) -> bool:
        return self in (Use.LOCKED, Use.HIDDEN)


@dataclass(frozen=True, slots=True)
class EditorRow:
    """One field of the entry form in the editor. ``trouble`` is why what it began with does not work any more."""

    name: str
    label: str
    group: str
    use: forms.BoundField
    default: forms.BoundField
    help: forms.BoundField
    trouble: str
    is_searched: bool

    @property
    def says(self) -> str:
        """What the field is filled in with, in words."""
        value = self.default.value()
        value = [item for item in value if not is_empty(item)] if isinstance(value, list) else value
        return "" if self.is_out or is_empty(value) else ", ".join(words_of(self.default.field, value))[:SHORT]

    @property
    def is_out(self) -> bool:
        return self.use.value() in (None, "", Use.OUT)

    @property
    def is_open(self) -> bool:
        return bool(self.trouble or self.default.errors or self.help.errors or self.is_searched)


class PresetForm(Searching, forms.Form):
    """A preset's name and rows. After ``is_valid()``, ``rows()`` is what ``FormPreset.rows`` keeps."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        team: Team,
        preset: FormPreset | None = None,
        options: Options | None = None,
        **kwargs: Any,
    ) -> None:
        """``preset`` is what the editor begins with; without one, the first group of fields shows."""
        super().__init__(*args, **kwargs)
        lead = LeadForm(team=team, options=options)
        self.team, self.options = team, lead.options
        self.kinds = {ATTRIBUTE_PREFIX + row.external_id: kind_of(row) for row in lead.options.attributes}
        self.labels = {name: str(form_field.label) for name, form_field in lead.fields.items()}
        began = {row["name"]: row for row in (preset.rows if preset else _first_rows())}
        self.gone = {name: row for name, row in began.items() if name not in self.labels}
        self.troubles = _troubles(preset, team, lead.options) if preset else {}
        self.labels_of_gone = {name: self.troubles[name].label for name in self.gone}
        self.fields["name"] = TextField(
            label="Name of the preset", max_length=MAX_NAME_CHARACTERS, initial=preset.name if preset else ""
        )
        self.fields["name"].error_messages["required"] = "Give the preset a name."
        self.fields["name"].widget.attrs.pop("maxlength", None)
        for name, form_field in lead.fields.items():
            self._add(name, form_field, began.get(name))
        for name, row in self.gone.items():
            self._add_gone(name, row)
        self.order = self._read_order(list(began))

    def _add(self, name: str, form_field: forms.Field, row: Row | None) -> None:
        label = self.labels[name]
        uses = [use for use in Use if use != Use.REQUIRED or not isinstance(form_field, BooleanField)]
        choices = [(use.value, use.label) for use in uses]
        widget = forms.Select(attrs={"aria-label": label, "class": "input"})
        use = forms.ChoiceField(required=False, label=label, choices=choices, initial=Use.of(row), widget=widget)
        usual = str(form_field.help_text)
        help_widget = forms.TextInput(attrs={"placeholder": usual, "autocomplete": "off"})
        note = TextField(label="Help text", required=False, max_length=SHORT, widget=help_widget)
        note.initial = (row or {}).get("help", "")
        note.widget.attrs.pop("maxlength", None)
        form_field.widget.attrs.pop("autofocus", None)
        form_field.label = (
            "Switched on" if form_field.widget.__class__.__name__ == "PresentCheckbox" else "Filled in with"
        )
        form_field.help_text = ""
        if row and not is_empty(row.get("default")):
            form_field.initial = row["default"]
        self.fields |= {f"use.{name}": use, f"default.{name}": form_field, f"help.{name}": note}

    def _add_gone(self, name: str, row: Row) -> None:
        """An attribute that is gone may come back: its row stays as it is until somebody leaves it out."""
        label, kept = self.labels_of_gone[name], Use.of(row)
        choices = [(kept.value, "Keep it"), (Use.OUT.value, Use.OUT.label)]
        widget = forms.Select(attrs={"aria-label": label, "class": "input"})
        use = forms.ChoiceField(required=False, label=label, choices=choices, initial=kept, widget=widget)
        self.fields[f"use.{name}"] = use

    def _read_order(self, began: list[str]) -> list[str]:
        """The fields' names as they stand in the editor, what is gone among them; the others follow as usual."""
        try:
            posted = json.loads(self.data["order"]) if "order" in self.data else began
        except (ValueError, RecursionError):
            posted = began
        names = [name for name in posted if isinstance(name, str)] if isinstance(posted, list) else began
        known = self.labels | self.labels_of_gone
        return [name for name in dict.fromkeys([*names, *self.gone, *self.labels]) if name in known]

    def move(self, name: str, *, up: bool) -> None:
        """Change places with the next field of the form in that direction."""
        names = [row.name for row in self.in_form()]
        place = names.index(name) if name in names else -1
        other = place + (-1 if up else 1)
        if place >= 0 and 0 <= other < len(names):
            one, two = self.order.index(name), self.order.index(names[other])
            self.order[one], self.order[two] = self.order[two], self.order[one]
        self._errors = ErrorDict()  # it is not finished: nothing is checked yet

    def error_list(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, message) of what is wrong with single fields, in the order of the editor."""
        names = ["name", *(f"{part}.{name}" for name in self.order for part in ("use", "default", "help"))]
        known = self.labels | self.labels_of_gone
        labels = {f"{part}.{name}": label for name, label in known.items() for part in ("use", "default", "help")}
        return [
            (self[name].auto_id, labels.get(name, "Name"), str(error))
            for name in names
            if name in self.errors
            for error in self.errors[name]
        ]

    def order_text(self) -> str:
        """What a page posts back as ``order``."""
        in_form = {*self.gone, *(row.name for row in self.in_form())}
        return json.dumps([name for name in self.order if name in in_form])

    def gone_rows(self) -> list[tuple[str, bool, forms.BoundField]]:
        """(label, whether it blocks sending, what to do with it) of what Breakcold does not have any more."""
        return [
            (self.labels_of_gone[name], bool(row.get("fixed")), self[f"use.{name}"]) for name, row in self.gone.items()
        ]

    def in_form(self) -> list[EditorRow]:
        return [row for row in self._editor_rows() if not row.is_out]

    def left_out(self) -> list[tuple[str, list[EditorRow]]]:
        """The other fields, in the groups of the entry form."""
        groups: dict[str, list[EditorRow]] = {label: [] for label in GROUP_LABELS.values()}
        by_name = {row.name: row for row in self._editor_rows() if row.is_out}
        for name in self.labels:
            if name in by_name:
                groups[by_name[name].group].append(by_name[name])
        return [(label, rows) for label, rows in groups.items() if rows]

    def _editor_rows(self) -> list[EditorRow]:
        return [
            EditorRow(
                name=name,
                label=self.labels[name],
                group=GROUP_LABELS[BY_NAME[name.partition(".")[0]].group],
                use=self[f"use.{name}"],
                default=self[f"default.{name}"],
                help=self[f"help.{name}"],
                trouble=self.troubles[name].reason if name in self.troubles and not self.is_bound else "",
                is_searched=self.finding == f"default.{name}",
            )
            for name in self.order
            if name in self.labels
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.labels:
            if (cleaned.get(f"use.{name}") or Use.OUT) == Use.OUT:
                for part in ("default", "help"):  # what is left out need not be right
                    self.errors.pop(f"{part}.{name}", None)
            elif Use(cleaned[f"use.{name}"]).is_fixed and is_empty(cleaned.get(f"default.{name}", "wrong")):
                self.add_error(f"default.{name}", "Say what it is filled in with.")
        self._check_enterable(cleaned)
        return cleaned

    def _check_enterable(self, cleaned: Mapping[str, Any]) -> None:
        """A preset with which no lead could ever be entered is none."""
        rows = {row["name"]: row for row in self.rows()}
        if not any(name in rows for name in IDENTIFYING):
            names = ", ".join(self.labels[name] for name in IDENTIFYING[:-1])
            self.add_error(
                None,
                f"No lead could be entered with this: show or fill in {names} or {self.labels[IDENTIFYING[-1]]}.",
            )
        if "status" in rows and not any(name in rows and not rows[name]["fixed"] for name in LISTS):
            self._check_status_fits(rows)

    def _check_status_fits(self, rows: Mapping[str, Row]) -> None:
        """A status is a step of one list; where nobody can choose a list, the filled-in one has to be the right one."""
        lists = {*(rows.get("lists", {}).get("default") or []), rows.get("id_list", {}).get("default")} - {None}
        chosen = rows["status"].get("default")
        steps = self.options.known("status", chosen).values() if chosen else self.options.of("status").all()
        if not chosen and lists:  # the steps of those lists can be chosen
            return
        known = self.options.known("list", [step.list_id for step in steps if step.list_id])
        wanted = [choice.name for key, choice in known.items() if key not in lists]
        if wanted:
            text = ", ".join(f"“{name}”" for name in wanted[:5])
            self.add_error("use.status", f"A status belongs to a list. Show Lists too, or fill in {text} there.")

    def rows(self) -> list[dict[str, Any]]:
        """The rows in normal form; a field that is left out has none."""
        made = [self._row(name) for name in self.order]
        return [row for row in made if row]

    def _row(self, name: str) -> dict[str, Any] | None:
        said = self.cleaned_data.get(f"use.{name}")
        if name in self.gone:
            return None if said == Use.OUT else dict(self.gone[name])
        use = Use(said or Use.OUT)
        if use == Use.OUT:
            return None
        row: dict[str, Any] = {
            "name": name,
            "shown": use != Use.HIDDEN,
            "required": use == Use.REQUIRED,
            "fixed": use.is_fixed,
        }
        if not is_empty(default := self.cleaned_data.get(f"default.{name}")):
            row["default"] = default
        if text := self.cleaned_data.get(f"help.{name}"):
            row["help"] = text
        if name in self.kinds:
            row["kind"] = self.kinds[name]
        return row


def _first_rows() -> list[dict[str, Any]]:
    names = [name for name, field in BY_NAME.items() if field.group is Group.WHO]
    return [{"name": name, "shown": True, "required": False, "fixed": False} for name in names]


def _troubles(preset: FormPreset, team: Team, options: Options) -> dict[str, Trouble]:
    shape = LeadForm(team=team, options=options, preset=preset).shape
    return {trouble.name: trouble for trouble in shape.troubles} if shape else {}
