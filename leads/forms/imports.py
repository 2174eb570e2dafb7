"""The forms of an import: a file or pasted cells, which column is what, and how it is started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from leads.models import FormPreset, ImportMapping, LeadImport, Team
from leads.models.imports import Duplicates
from leads.normalise import folded
from leads.services.imports import TOO_LARGE
from leads.sheets import MAX_BYTES

from .columns import FULL_NAME, Plan, grouped, heading_key, targets_of
from .kinds import TextField
from .lead import LeadForm
from .rows import constant_errors

CONSTANTS = 4  # empty places for fields without a column
SAMPLES = 3  # cells of each column that are shown
ACCEPTED = ".csv,.tsv,.txt,.xlsx,text/csv,text/tab-separated-values"
PARTS = ("first_name", "last_name")


class UploadForm(forms.Form):
    """A file, or cells pasted from a spreadsheet. ``is_too_large`` says that the file was cut off on its way."""

    use_required_attribute = False

    file = forms.FileField(
        label="Spreadsheet",
        required=False,
        allow_empty_file=True,
        max_length=255,
        help_text="CSV, TSV or XLSX, with a line of headings; at most 10,000 rows and 10 MiB.",
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    cells = forms.CharField(
        label="Or paste the cells",
        required=False,
        strip=False,
        help_text="Copy them in your spreadsheet program, headings included.",
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )
    preset = forms.ModelChoiceField(
        FormPreset.objects.none(),
        label="Preset",
        required=False,
        to_field_name="public_id",
        empty_label="None",
        help_text="Its values go with every row.",
    )
    one_time_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, team: Team, is_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_too_large = is_too_large
        presets: forms.ModelChoiceField[FormPreset] = self.fields["preset"]  # type: ignore[assignment]
        presets.queryset = FormPreset.objects.in_use().filter(team=team)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        file, cells = cleaned.get("file"), cleaned.get("cells", "")
        if self.is_too_large or (file is not None and file.size > MAX_BYTES):
            self.add_error("file", TOO_LARGE)
        elif file is not None and cells.strip():
            self.add_error("cells", "Choose a file or paste cells, not both.")
        elif file is None and not cells.strip() and not self.errors:
            self.add_error("file", "Choose a file, or paste the cells below.")
        return cleaned

    def wishes(self) -> dict[str, Any]:
        """What ``imports.upload`` wants to know."""
        file, cells = self.cleaned_data["file"], self.cleaned_data["cells"]
        about = {"preset": self.cleaned_data["preset"], "one_time_key": self.cleaned_data["one_time_key"]}
        if file is None:
            return {"name": "Pasted cells", "content": cells.encode("utf-8", "replace"), "is_pasted": True, **about}
        return {"name": file.name, "content": file.read(), **about}


class MappingForm(forms.Form):
    """Which field each column is, and what fields without a column say. After ``is_valid()``, ``plan`` says it."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        lead_import: LeadImport,
        samples: Sequence[Sequence[str]] = (),
        columns: Sequence[str] | None = None,
        saved: ImportMapping | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lead_import, self.samples = lead_import, samples
        self.lead_form = LeadForm(team=lead_import.team, preset=lead_import.preset)
        self.targets = targets_of(self.lead_form)
        self.choices_kept = {**(saved.choices if saved else {}), **lead_import.choices}
        choices = [("", "Leave it out"), *grouped(self.targets)]
        begun = lead_import.columns if columns is None else columns
        for place, heading in enumerate(lead_import.headings):
            box = forms.Select(attrs={"class": "input"})
            field = forms.ChoiceField(
                label=heading or f"Column {place + 1}", required=False, choices=choices, widget=box
            )
            field.initial = begun[place] if place < len(begun) else ""
            self.fields[f"column.{place}"] = field
        constants = {**(saved.constants if saved else {}), **lead_import.constants}
        self._add_constants(list(constants.items()), choices)
        self.fields["name"] = TextField(
            label="Keep this mapping as", required=False, max_length=100, initial=saved.name if saved else "",
            help_text="Then the next file with these headings needs no mapping.",
        )  # fmt: skip
        self.fields["seen"] = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=lead_import.revision)

    def _add_constants(self, begun: list[tuple[str, str]], choices: Any) -> None:
        choices = [("", "No field"), *choices[1:]]
        for place in range(len(begun) + CONSTANTS):
            name, text = begun[place] if place < len(begun) else ("", "")
            label = f"Field without a column {place + 1}"
            box = forms.Select(attrs={"class": "input", "aria-label": label})
            self.fields[f"constant_field.{place}"] = forms.ChoiceField(
                label=label, required=False, choices=choices, initial=name, widget=box
            )
            said = forms.TextInput(attrs={"aria-label": f"What it says {place + 1}", "placeholder": "What it says"})
            self.fields[f"constant_text.{place}"] = forms.CharField(
                label="What it says", required=False, max_length=2_000, initial=text, widget=said
            )

    def column_rows(self) -> Iterator[tuple[forms.BoundField, list[str]]]:
        """Each column's choice, with some of its cells."""
        for place in range(len(self.lead_import.headings)):
            cells = [row[place] for row in self.samples if place < len(row) and row[place].strip()]
            yield self[f"column.{place}"], cells[:SAMPLES]

    def constant_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        places = [name.partition(".")[2] for name in self.fields if name.startswith("constant_field.")]
        return [(self[f"constant_field.{place}"], self[f"constant_text.{place}"]) for place in places]

    @property
    def has_constants(self) -> bool:
        return any(choice.value() or choice.errors or text.errors for choice, text in self.constant_rows())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        taken: dict[str, str] = {}
        for place, heading in enumerate(self.lead_import.headings):
            name = f"column.{place}"
            self._take(name, cleaned.get(name, ""), taken, heading)
        constants: dict[str, str] = {}
        for choice, text in self.constant_rows():
            field, said = cleaned.get(choice.html_name, ""), cleaned.get(text.html_name, "")
            if said and not field:
                self.add_error(choice.html_name, "Say which field this is.")
            elif field and not said:
                self.add_error(text.html_name, "Say what it says, or choose no field.")
            elif field:
                self._take(choice.html_name, field, taken, "the constant")
                constants[field] = said
        if not self.errors:
            self._check_constants(constants)
        if not self.errors and not taken:
            self.add_error(None, "Say of at least one column which field it is.")
        return cleaned

    def _take(self, name: str, target: str, taken: dict[str, str], heading: str) -> None:
        """No field twice, and not the full name beside its parts."""
        if not target:
            return
        rivals = PARTS if target == FULL_NAME else (FULL_NAME,) if target in PARTS else ()
        rival = next((each for each in (target, *rivals) if each in taken), None)
        if rival is not None:
            label = self.targets.get(rival, rival)
            self.add_error(name, f"“{taken[rival]}” is “{label}” already. Choose another field, or leave one out.")
        else:
            taken[target] = heading

    def _check_constants(self, constants: Mapping[str, str]) -> None:
        self.constants = dict(constants)
        plan = Plan([], constants, self.choices_kept)
        wrong = constant_errors(self.lead_import.team, plan, self.lead_import.preset)
        for choice, text in self.constant_rows():
            field = str(self.cleaned_data.get(choice.html_name))
            if field in wrong:
                self.add_error(text.html_name, wrong[field])

    @property
    def plan(self) -> Plan:
        columns = [self.cleaned_data[f"column.{place}"] for place in range(len(self.lead_import.headings))]
        return Plan(columns, self.constants, self.choices_kept)

    def fields_by_heading(self) -> dict[str, str]:
        """What is kept under a name."""
        pairs = zip(self.lead_import.headings, self.plan.columns, strict=True)
        return {heading_key(heading): target for heading, target in pairs if heading_key(heading)}


class UnmatchedForm(forms.Form):
    """What names of options that nobody knows are meant to be."""

    use_required_attribute = False
    LEAVE_OUT = "-"
    MOST = 100

    def __init__(self, *args: Any, lead_import: LeadImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead_import = lead_import
        lead_form = LeadForm(team=lead_import.team)
        self.names: list[tuple[str, str, str, int]] = []  # (name of the box, field, text, rows)
        for target, counted in lead_import.unmatched.items():
            source = getattr(lead_form.fields.get(target), "source", None)
            offered = source.all() or source.search("").choices if source else ()
            choices = [(choice.id, choice.name) for choice in offered]
            for text, count in sorted(counted.items(), key=lambda pair: -pair[1]):
                if len(self.names) >= self.MOST:
                    break
                box = f"name.{len(self.names)}"
                label = f"“{text}” in {lead_form.fields[target].label}" if target in lead_form.fields else text
                self.fields[box] = forms.ChoiceField(
                    label=label,
                    required=False,
                    choices=[("", "Not decided"), (self.LEAVE_OUT, "Leave it out"), *choices],
                )
                self.names.append((box, target, text, count))

    def rows(self) -> list[tuple[forms.BoundField, int]]:
        return [(self[box], count) for box, _, _, count in self.names]

    def choices_with(self, kept: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        """What was matched before, and now."""
        found = {target: dict(meant) for target, meant in kept.items()}
        for box, target, text, _ in self.names:
            if said := self.cleaned_data.get(box):
                found.setdefault(target, {})[folded(text)] = "" if said == self.LEAVE_OUT else said
        return found


class StartForm(forms.Form):
    use_required_attribute = False

    duplicates = forms.ChoiceField(
        label="Rows that look like a lead you have",
        choices=Duplicates.choices,
        initial=Duplicates.SKIP,
        widget=forms.RadioSelect,
    )
    again = forms.BooleanField(label="I want to import the same file again", required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class CellForm(forms.Form):
    """One cell that somebody puts right."""

    use_required_attribute = False

    column = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    text = forms.CharField(required=False, strip=False, max_length=10_000)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if "\0" in text:
            raise ValidationError("This holds a character that cannot be shown. Type it again.")
        return text.replace("\r\n", "\n")
