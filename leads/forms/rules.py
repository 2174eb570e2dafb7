"""The rules of a team, as its admins set them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region
from phonenumbers.geodata.locale import LOCALE_DATA

from leads.models import Team
from leads.models.teams import (
    MAX_REASON_CHARACTERS,
    MAX_REASONS,
    MAX_UNDO_SECONDS,
    DuplicatePolicy,
    SecondFactor,
    refuse_bad_reasons,
)

from .kinds import TextField

#: Regions the library knows numbers of but no name.
OTHER_NAMES = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}


@cache
def countries() -> list[tuple[str, str]]:
    """Every country with phone numbers of its own, by name: ``("IE", "Ireland (+353)")``."""
    return [
        (code, f"{name} (+{country_code_for_region(code)})")
        for name, code in sorted((_english(code), code) for code in SUPPORTED_REGIONS)
    ]


def _english(code: str) -> str:
    """A country's name; a star in the table refers to the language that spells it alike."""
    names = LOCALE_DATA.get(code, {})
    name = names.get("en", "")
    return names.get(name[1:], code) if name.startswith("*") else name or OTHER_NAMES.get(code, code)


class ReasonsField(TextField):
    """A list of short lines, typed one under the other."""

    def __init__(self, **kwargs: Any) -> None:
        longest = MAX_REASONS * (MAX_REASON_CHARACTERS + 2)
        widget = forms.Textarea(attrs={"rows": 5})
        super().__init__(lines=True, required=False, max_length=longest, widget=widget, **kwargs)
        self.widget.attrs.pop("maxlength", None)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        reasons = [" ".join(line.split()) for line in super().clean(value).split("\n") if line.strip()]
        refuse_bad_reasons(reasons)
        return reasons


class RulesForm(forms.Form):
    """One field for each of ``services.teams.RULES``, named alike."""

    use_required_attribute = False

    name = TextField(
        label="Name of the team", max_length=100, error_messages={"required": "The team needs a name for people."}
    )
    reviews = forms.BooleanField(
        label="A reviewer looks at each lead before it goes to Breakcold", required=False, widget=forms.CheckboxInput
    )
    four_eyes = forms.BooleanField(
        label="Nobody reviews a lead of their own",
        required=False,
        help_text="Switch it off only where one person enters and reviews.",
    )
    reject_reasons = ReasonsField(
        label="Reasons a reviewer can pick when rejecting", help_text=f"One on each line, at most {MAX_REASONS}."
    )
    duplicate_policy = forms.ChoiceField(
        label="A lead that looks like one entered before",
        choices=DuplicatePolicy.choices,
        help_text="Told by email, phone, LinkedIn profile, or name and company together. "
        "Scripts are not warned; what they enter can be held.",
    )
    undo_seconds = forms.IntegerField(
        label="Seconds to undo a lead after sending it",
        min_value=0,
        max_value=MAX_UNDO_SECONDS,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=f"From 0 (it leaves at once) to {MAX_UNDO_SECONDS}.",
        error_messages={"invalid": "Enter a whole number, like 5.", "required": "Enter a number, 0 for none."},
    )
    default_phone_country = forms.ChoiceField(
        label="Country of phone numbers typed without one",
        required=False,
        choices=lambda: [("", "None: the country code has to be typed"), *countries()],
    )
    second_factor = forms.ChoiceField(
        label="Who signs in with more than a password",
        choices=SecondFactor.choices,
        help_text="With a passkey, or a code of an app. Whoever has to and cannot yet is led to set it up, and sees "
        "nothing of the team before. A team is live from its first live key on.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, team: Team) -> None:
        super().__init__(data, initial={name: getattr(team, name) for name in self.base_fields})
        for form_field in self.fields.values():
            form_field.widget.attrs["autocomplete"] = "off"
            form_field.widget.attrs.pop("maxlength", None)

    def rules(self) -> dict[str, Any]:
        """What ``services.teams.change_rules`` takes."""
        return dict(self.cleaned_data)
