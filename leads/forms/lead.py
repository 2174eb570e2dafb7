"""The entry form: a loop over ``FIELDS``. The one validator for whatever comes in, page, script or file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django import forms
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict

from leads.breakcold.fields import BY_NAME, CURRENCIES, FIELDS, GROUP_LABELS, Field, Group, Kind
from leads.breakcold.payload import is_empty
from leads.models import CustomAttribute, FormPreset, Team

from .attributes import attribute_field, fits
from .kinds import (
    YES,
    AmountField,
    BooleanField,
    EmailField,
    HandleField,
    OptionField,
    OptionsField,
    PhoneField,
    TextField,
    UrlField,
)
from .looking import Searching, posted
from .options import Options, options_of
from .shape import ATTRIBUTE_PREFIX, Shape, focus_first, kind_of, overruled, posted_names, refusals, shape_fields

IDENTIFYING = ("first_name", "last_name", "email", "phone", "company", "linkedin_url")
CHECKED_WHEN_LEFT = (forms.TextInput, forms.Textarea, forms.DateTimeInput)
INPUT_MODES = {Kind.EMAIL: "email", Kind.PHONE: "tel", Kind.URL: "url", Kind.AMOUNT: "numeric"}


Maker = Callable[[Field, Team, Options, dict[str, Any]], forms.Field]

MAKERS: dict[Kind, Maker] = {
    Kind.TEXT: lambda field, team, options, common: TextField(max_length=field.limit, **common),
    Kind.MULTILINE: lambda field, team, options, common: TextField(
        lines=True, max_length=field.limit, widget=forms.Textarea(attrs={"rows": 3}), **common
    ),
    Kind.EMAIL: lambda field, team, options, common: EmailField(max_length=field.limit, **common),
    Kind.PHONE: lambda field, team, options, common: PhoneField(
        country=team.default_phone_country, max_length=field.limit, **common
    ),
    Kind.URL: lambda field, team, options, common: UrlField(max_length=field.limit, **common),
    Kind.HANDLE: lambda field, team, options, common: HandleField(max_length=field.limit, **common),
    Kind.AMOUNT: lambda field, team, options, common: AmountField(digits=field.limit or 15, **common),
    Kind.BOOLEAN: lambda field, team, options, common: BooleanField(
        default=bool(field.default), words=field.words, label=field.label, help_text=field.help
    ),
    Kind.CURRENCY: lambda field, team, options, common: OptionField(
        choices=[("", "—"), *((code, code) for code in CURRENCIES)], **common
    ),
    Kind.OPTION: lambda field, team, options, common: OptionField(source=options.of(field.picker or ""), **common),
    Kind.OPTIONS: lambda field, team, options, common: OptionsField(
        source=options.of(field.picker or ""), limit=field.limit or 100, **common
    ),
}


class LeadForm(Searching, forms.Form):
    """All 39 fields for one team, named as Breakcold names them; attributes as ``attributes.<id>``.

    With a ``preset`` it has only what that shows or fixes, and ``shape`` says what came of it. After ``is_valid()``,
    ``values()`` is the lead in normal form, empty fields left out.
    """

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        team: Team,
        options: Options | None = None,
        check_url: str = "",
        preset: FormPreset | None = None,
        also: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        """``check_url`` is where the page has a single field checked when it is left; ``also`` are fields to show
        although the preset does not.
        """
        super().__init__(*args, **kwargs)
        self.team = team
        self.check_url = check_url
        self.options = options or options_of(team)
        self.options.look_up(self._named_options())
        for field in FIELDS:
            if field.kind is not Kind.ATTRIBUTES:
                common = {"required": False, "label": field.label, "help_text": field.help}
                self._add(field.name, MAKERS[field.kind](field, team, self.options, common), field)
                continue
            for attribute in self.options.attributes:
                name = ATTRIBUTE_PREFIX + attribute.external_id
                source = self.options.of_attribute(attribute)
                country = team.default_phone_country
                self._add(name, attribute_field(attribute, country=country, source=source), field)
                given = self.initial.get(name)
                if given is not None and not fits(attribute, given, country=country):
                    self.initial = {
                        key: value for key, value in self.initial.items() if key != name
                    }  # it became another
        self.shape = self._shaped(preset, also) if preset else None

    def _shaped(self, preset: FormPreset, also: Collection[str]) -> Shape:
        known = self.options.attributes
        gone = {row["name"] for row in preset.rows} - self.fields.keys()
        ids = [name.removeprefix(ATTRIBUTE_PREFIX) for name in gone]
        rows = CustomAttribute.objects.seen_by(self.team).filter(external_id__in=ids) if ids else ()
        self.fields["first_name"].widget.attrs.pop("autofocus", None)
        shape = shape_fields(
            self.fields,
            name=preset.name,
            rows=preset.rows,
            kinds={ATTRIBUTE_PREFIX + row.external_id: kind_of(row) for row in known},
            also=also,
            labels={ATTRIBUTE_PREFIX + row.external_id: row.name for row in rows},
        )
        self.initial = {name: value for name, value in self.initial.items() if name not in shape.fixed}
        if not self.is_bound:
            focus_first(self.fields, shape)
        return shape

    def _add(self, name: str, form_field: forms.Field, field: Field) -> None:
        attrs = form_field.widget.attrs
        if name == "first_name" and not self.is_bound:
            attrs["autofocus"] = True
        attrs["autocomplete"] = "off"  # it is somebody else's data
        attrs.pop("maxlength", None)  # cut silently by the browser, characters would be lost
        if field.kind in INPUT_MODES:
            attrs["inputmode"] = INPUT_MODES[field.kind]
        if self.check_url and isinstance(form_field.widget, CHECKED_WHEN_LEFT):
            attrs |= {
                "hx-post": f"{self.check_url}{'&' if '?' in self.check_url else '?'}field={quote(name)}",
                "hx-trigger": "change",
                "hx-target": "next .message",
                "hx-swap": "outerHTML",
            }
        self.fields[name] = form_field

    def fill_in(self, data: Mapping[str, Any]) -> None:
        """Other data in the same form: to make one for each of many leads costs far more than to check them."""
        self.data, self.is_bound = data, True
        self._errors = None  # type: ignore[assignment]  # Django's own mark of a form that was not checked yet
        self.options.look_up(self._named_options())

    def show(self, data: Mapping[str, Any]) -> None:
        """What was typed, as it was typed: nothing of it is checked."""
        self.fill_in(data)
        self._errors = ErrorDict()

    def _named_options(self) -> dict[str, list[str]]:
        """The options that are posted, or filled in, by kind: they are looked up in one go."""
        given = self.data if self.is_bound else self.initial
        named: dict[str, list[str]] = defaultdict(list)
        for field in FIELDS:
            if field.picker:
                named[field.picker] += posted(given, field.name)
        return named

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.files:
            self.add_error(name if name in self.fields else None, "Text belongs here, not a file.")
        self._check_single_values()
        self._check_attributes_exist()
        self._check_status_lists(cleaned)
        if self.shape:
            self._check_shape(self.shape)
        if not self.errors and not any(cleaned.get(name) for name in IDENTIFYING):
            self.add_error(None, "Enter at least a name, an email, a phone number, a company or a LinkedIn profile.")
        return cleaned

    def _check_single_values(self) -> None:
        """A name sent twice says two things, of which only one would be kept."""
        if not isinstance(self.data, MultiValueDict):
            return
        for name, form_field in self.fields.items():
            texts = dict.fromkeys(self.data.getlist(name))
            if len(texts) > 1 and not isinstance(form_field, (BooleanField, OptionsField)) and not form_field.disabled:
                self.add_error(name, f"This came more than once: {', '.join(f'“{text}”' for text in texts)}. Keep one.")

    def _check_attributes_exist(self) -> None:
        """An attribute may vanish between the page and the answer; what was typed in it must not vanish with it."""
        given = [name for name in self.data if name.startswith(ATTRIBUTE_PREFIX) and not is_empty(self.data[name])]
        known = posted_names({**self.fields, **(self.shape.left_out if self.shape else {})}) if given else {}
        for name in given:
            if name not in known:
                key, text = name.removeprefix(ATTRIBUTE_PREFIX), self.data[name]
                self.add_error(
                    None, f"Breakcold has no attribute {key} any more. It said “{text}”. Send again without it."
                )

    def _check_shape(self, shape: Shape) -> None:
        """A fixed value has to work; what the preset does not know, or sets otherwise, is not dropped in silence."""
        wrong = {name: str(self.fields[name].label) for name in shape.fixed if self.errors.get(name)}
        wrong |= {trouble.name: trouble.label for trouble in shape.troubles if trouble.is_fixed}
        for name, label in wrong.items():
            self.errors.pop(name, None)
            self.add_error(None, shape.blocked(label))
        for refusal in (*refusals(shape, self.data), *overruled(shape, self.fields, self.data)):
            self.add_error(None, refusal)

    def _check_status_lists(self, cleaned: Mapping[str, Any]) -> None:
        """A status is a step of one list, so that list has to be chosen too."""
        lists = {*(cleaned.get("lists") or []), cleaned.get("id_list")}
        steps = self.options.known("status", cleaned.get("status") or []).values()
        known = self.options.known("list", [step.list_id for step in steps if step.list_id])
        for step in steps:
            if step.list_id in known and step.list_id not in lists:
                name = known[step.list_id].name
                self.add_error("status", f"“{step.name}” belongs to the list “{name}”. Choose that list too.")

    def values(self) -> dict[str, Any]:
        """The lead in normal form, keyed by field name. Booleans are always there, whatever is empty is not."""
        attributes = {
            name.removeprefix(ATTRIBUTE_PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(ATTRIBUTE_PREFIX) and not is_empty(value)
        }
        plain = {name: value for name, value in self.cleaned_data.items() if name in BY_NAME and not is_empty(value)}
        left_out = self.shape.left_out if self.shape else {}
        plain |= {name: each.default for name, each in left_out.items() if isinstance(each, BooleanField)}
        return {**plain, "attributes": attributes} if attributes else plain

    def groups(self) -> list[FormGroup]:
        """The form's parts in reading order, with what the page needs to know of each; the first is always open.

        With a preset it has one part.
        """
        if self.shape:
            return [FormGroup("preset", self.shape.name, [self[name] for name in self.shape.shown], self)]
        by_group: dict[Group, list[forms.BoundField]] = defaultdict(list)
        for name in self.fields:
            by_group[BY_NAME[name.partition(".")[0]].group].append(self[name])
        return [
            FormGroup(group.value, label, by_group[group], self)
            for group, label in GROUP_LABELS.items()
            if by_group[group]
        ]


@dataclass(frozen=True, slots=True)
class FormGroup:
    """One labelled part of the form."""

    name: str
    label: str
    fields: list[forms.BoundField]
    form: LeadForm

    @property
    def has_errors(self) -> bool:
        return any(field.errors for field in self.fields)

    @property
    def filled_count(self) -> int:
        """How many fields say something other than their default."""
        return sum(1 for field in self.fields if _says_something(field))

    @property
    def is_open(self) -> bool:
        return self.has_errors or self.filled_count > 0 or self.form.finding in [field.name for field in self.fields]


def _says_something(field: forms.BoundField) -> bool:
    value = field.value()
    if isinstance(field.field, BooleanField):
        return (value in YES) != field.field.default
    if isinstance(value, list):
        return any(item not in (None, "") for item in value)
    return not is_empty(value)


def initial_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """``Submission.values`` as the form's initial data."""
    flat = {name: value for name, value in values.items() if name != "attributes"}
    return {**flat, **{ATTRIBUTE_PREFIX + key: value for key, value in (values.get("attributes") or {}).items()}}
