"""Forms of the pages about pickers and custom attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from leads.breakcold.fields import AttributeKind
from leads.models import CustomAttribute, PickerOption, Team
from leads.models.pickers import PickerKind
from leads.services.attributes import NewAttribute
from leads.services.options import LinesRefused, NewOption
from leads.services.teams import NotPossible

from .attributes import attribute_field
from .kinds import IdentifierField, OptionField, TextField
from .looking import Searching
from .options import OfKind, Options
from .pasting import MAX_FILE_BYTES, decoded, read_attributes, read_options, read_pairs

SHOWN_REFUSALS = 20
ID_HELP = "As it stands in Breakcold: copy it from there."
COLOR_HELP = "Like #2563eb, or leave it empty."
PLACE_HELP = "For a status: the name or the id of the list it belongs to."
KIND_WORDS = {
    AttributeKind.TEXT: "One line of text",
    AttributeKind.TEXTAREA: "Text of several lines",
    AttributeKind.NUMBER: "A number",
    AttributeKind.EMAIL: "An email address",
    AttributeKind.CHECKBOX: "Yes or no",
    AttributeKind.DATE: "A date",
    AttributeKind.TIMESTAMP: "A date and a time",
    AttributeKind.SELECT: "Options to choose from",
    AttributeKind.CURRENCY: "An amount of money",
    AttributeKind.LOCATION: "A place: address, latitude and longitude",
    AttributeKind.PHONENUMBER: "A phone number",
    AttributeKind.RELATION: "Another lead, by its id",
}


class LinesField(forms.CharField):
    """Lines as they were pasted; each is judged by itself, with its number."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, required=False, **kwargs)
        self.validators = []
        self.widget.attrs |= {"rows": 8, "spellcheck": "false", "class": "mono"}


def refuse(form: forms.Form, name: str | None, refused: NotPossible) -> None:
    """Put what a service said beside the field it is about, the first lines of many."""
    refusals = refused.refusals if isinstance(refused, LinesRefused) else ()
    texts = [str(refusal) for refusal in refusals] or [str(refused)]
    form.add_error(name, ValidationError(shortened(texts)))


def shortened(texts: Sequence[str]) -> list[str]:
    rest = len(texts) - SHOWN_REFUSALS
    return [*texts[:SHOWN_REFUSALS], f"And {rest:,} more."] if rest > 0 else list(texts)


class AddOptionsForm(forms.Form):
    """One option, or many pasted as lines; ``how`` is the button that was pressed. What both say is added."""

    kind = forms.ChoiceField(label="What is it", choices=PickerKind.choices, widget=forms.RadioSelect)
    external_id = IdentifierField(label="Id", required=False, help_text=ID_HELP)
    name = TextField(label="Name", required=False)
    color = IdentifierField(label="Colour", required=False, help_text=COLOR_HELP)
    place = TextField(label="List", required=False, help_text=PLACE_HELP)
    lines = LinesField(
        label="Lines",
        help_text="Id and name, then colour and list if you like, separated by a tab, a semicolon or a comma.",
    )
    use_required_attribute = False

    @property
    def has_lines(self) -> bool:
        return self.data.get("how") == "many" or bool(self.data.get("lines", "").strip())

    def clean_lines(self) -> list[NewOption]:
        if not self.has_lines:
            return []
        try:
            return read_options(self.cleaned_data["lines"])
        except ValidationError as exc:
            raise ValidationError(shortened(exc.messages)) from None

    def rows(self) -> list[NewOption]:
        """What is to be added, after ``is_valid()``."""
        data = self.cleaned_data
        one = NewOption(0, data["external_id"], data["name"], data["color"], data["place"])
        has_one = self.data.get("how") != "many" or any((one.external_id, one.name, one.color, one.place))
        return [*data["lines"], *([one] if has_one else [])]

    def refuse(self, refused: NotPossible) -> None:
        if not isinstance(refused, LinesRefused):
            refuse(self, "lines" if self.has_lines else None, refused)
            return
        for name, is_line in (("lines", True), (None, False)):
            if about := [refusal for refusal in refused.refusals if bool(refusal.line) == is_line]:
                refuse(self, name, LinesRefused(about))


class OptionForm(forms.Form):
    """What of an option that was typed in can be changed."""

    name = TextField(label="Name", required=False)
    color = IdentifierField(label="Colour", required=False, help_text=COLOR_HELP)
    place = TextField(label="List", required=False, help_text=PLACE_HELP)
    use_required_attribute = False

    def __init__(self, *args: Any, option: PickerOption, **kwargs: Any) -> None:
        kwargs["initial"] = {"name": option.name, "color": option.color, "place": option.list_id}
        super().__init__(*args, **kwargs)
        if option.kind != PickerKind.STATUS:
            del self.fields["place"]


class ReplaceForm(Searching, forms.Form):
    """Which option takes the place of one that is gone."""

    use_required_attribute = False

    def __init__(self, *args: Any, options: Options, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source: OfKind = options.of(kind)
        self.fields["new"] = OptionField(
            source=source, label="Replace it with", error_messages={"required": "Choose what takes its place."}
        )


class AttributeForm(forms.Form):
    """A custom attribute as an admin types it in; its id cannot be changed afterwards."""

    external_id = IdentifierField(label="Id", required=False, help_text=ID_HELP)
    name = TextField(label="Name", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[(kind.value, KIND_WORDS[kind]) for kind in AttributeKind])
    is_multiple = forms.BooleanField(label="Several options can be chosen", required=False)
    options = LinesField(label="Options", help_text="Only for options to choose from: one a line, as id;name.")
    use_required_attribute = False

    def __init__(self, *args: Any, attribute: CustomAttribute | None = None, **kwargs: Any) -> None:
        if attribute is not None:
            lines = "\n".join(f"{option['id']};{option['name']}" for option in attribute.options)
            about = {"name": attribute.name, "kind": attribute.kind, "is_multiple": attribute.is_multiple}
            kwargs["initial"] = {**about, "options": lines}
        super().__init__(*args, **kwargs)
        self.attribute = attribute
        if attribute is not None:
            del self.fields["external_id"]

    def clean_options(self) -> tuple[tuple[str, str], ...]:
        return read_pairs(self.cleaned_data["options"])

    def row(self) -> NewAttribute:
        """What was typed, after ``is_valid()``."""
        data = self.cleaned_data
        external_id = self.attribute.external_id if self.attribute else data["external_id"]
        return NewAttribute(0, external_id, data["name"], data["kind"], data["is_multiple"], data["options"])


class ImportAttributesForm(forms.Form):
    """A CSV file, or its lines pasted; afterwards ``rows`` holds what they say."""

    file = forms.FileField(label="CSV file", required=False, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
    lines = LinesField(label="Or paste the lines")
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        name = "file" if file else "lines"
        if not self.errors:
            try:
                text = decoded(file.read(MAX_FILE_BYTES + 1)) if file else cleaned.get("lines", "")
                cleaned["rows"] = read_attributes(text)
            except ValidationError as exc:
                self.add_error(name, ValidationError(shortened(exc.messages)))
        return cleaned

    @property
    def source(self) -> str:
        """The field that refusals are about."""
        return "file" if self.cleaned_data.get("file") else "lines"


class TryForm(Searching, forms.Form):
    """One attribute as the entry form shows it."""

    use_required_attribute = False

    def __init__(self, *args: Any, team: Team, attribute: CustomAttribute, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = f"attributes.{attribute.external_id}"
        source = options.of_attribute(attribute)
        self.fields[self.name] = attribute_field(attribute, country=team.default_phone_country, source=source)
        self.fields[self.name].widget.attrs["autocomplete"] = "off"
