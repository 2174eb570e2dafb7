"""One form field for each kind of custom attribute, and the JSON type Breakcold wants for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from leads.breakcold.fields import BLOCK, MANY, SHORT, AttributeKind
from leads.models import CustomAttribute

from .kinds import EmailField, IdentifierField, OptionField, OptionsField, PhoneField, TextField
from .options import Listed, Source

MAX_DIGITS = 15  # a JSON number keeps that many


class NumberField(forms.DecimalField):
    """A JSON number: whole where it is whole.

    A text box, because a browser sends nothing at all for what it cannot read in a number box.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {"invalid": "Enter a number, like 12.5."}

    def clean(self, value: Any) -> int | float | str:
        number: Decimal | None = super().clean(value)
        if number is None:
            return ""
        return int(number) if number == number.to_integral_value() else float(number)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial) != str(data)


class YesNoField(forms.ChoiceField):
    """A box that may also say nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("", "—"), ("true", "Yes"), ("false", "No")], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return str(value).lower() if isinstance(value, bool) else value

    def clean(self, value: Any) -> bool | str:
        value = str(value).lower() if isinstance(value, bool) else value
        answers: dict[str, bool | str] = {"true": True, "false": False, "": ""}
        return answers[super().clean(value)]


class DateField(forms.DateField):
    """A day as ISO 8601 text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) and value not in self.empty_values:  # from a file, where it may be anything
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        day: date | None = super().clean(value)
        return day.isoformat() if day else ""


class TimestampField(forms.CharField):
    """A moment as ISO 8601 text in UTC; one typed without a zone is read in the portal's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return _utc(text).isoformat(timespec="seconds").replace("+00:00", "Z")
        except (ValueError, OverflowError):
            raise ValidationError("Enter a date and a time, like 2026-05-31 14:30.") from None

    def prepare_value(self, value: Any) -> Any:
        """As the browser's box for a moment takes it; anything else as it was typed."""
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) and value.endswith("Z") else None
        except ValueError:
            return value
        return moment.strftime("%Y-%m-%dT%H:%M:%S").removesuffix(":00") if moment else value


def _utc(text: str) -> datetime:
    """Raises ValueError, and OverflowError at the ends of time."""
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError("not a moment")
    return (timezone.make_aware(moment) if timezone.is_naive(moment) else moment).astimezone(UTC)


class LocationWidget(forms.MultiWidget):
    def __init__(self) -> None:
        number = {"inputmode": "decimal"}
        super().__init__(
            {
                "address": forms.TextInput(attrs={"aria-label": "Address", "placeholder": "Address"}),
                "latitude": forms.TextInput(attrs={"aria-label": "Latitude", "placeholder": "Latitude", **number}),
                "longitude": forms.TextInput(attrs={"aria-label": "Longitude", "placeholder": "Longitude", **number}),
            }
        )

    def decompress(self, value: Any) -> list[Any]:
        value = value if isinstance(value, dict) else {}
        return [value.get("address"), value.get("latitude"), value.get("longitude")]


class LocationField(forms.MultiValueField):
    """``{"address", "latitude", "longitude"}``, all three or none."""

    widget = LocationWidget

    def __init__(self, **kwargs: Any) -> None:
        fields = (
            TextField(required=False, max_length=SHORT),
            forms.FloatField(required=False, min_value=-90, max_value=90),
            forms.FloatField(required=False, min_value=-180, max_value=180),
        )
        super().__init__(fields=fields, require_all_fields=False, **kwargs)

    def clean(self, value: Any) -> dict[str, Any] | str:
        if isinstance(value, dict):
            value = LocationWidget().decompress(value)
        return super().clean(value) or ""

    def compress(self, data_list: list[Any]) -> dict[str, Any] | str:
        if not data_list or all(item in (None, "") for item in data_list):
            return ""
        address, latitude, longitude = data_list
        if latitude is None or longitude is None or not address or not math.isfinite(latitude + longitude):
            raise ValidationError("Fill in the address, the latitude and the longitude, or leave all three empty.")
        return {"latitude": latitude, "longitude": longitude, "address": address}


def _select(attribute: CustomAttribute, common: dict[str, Any]) -> forms.Field:
    return OptionsField(limit=MANY, **common) if attribute.is_multiple else OptionField(**common)


MAKERS: dict[AttributeKind, Callable[[CustomAttribute, dict[str, Any], str], forms.Field]] = {
    AttributeKind.TEXT: lambda row, common, country: TextField(max_length=SHORT, **common),
    AttributeKind.TEXTAREA: lambda row, common, country: TextField(
        lines=True, max_length=BLOCK, widget=forms.Textarea(attrs={"rows": 3}), **common
    ),
    AttributeKind.NUMBER: lambda row, common, country: NumberField(max_digits=MAX_DIGITS, **common),
    AttributeKind.EMAIL: lambda row, common, country: EmailField(max_length=254, **common),
    AttributeKind.CHECKBOX: lambda row, common, country: YesNoField(**common),
    AttributeKind.DATE: lambda row, common, country: DateField(**common),
    AttributeKind.TIMESTAMP: lambda row, common, country: TimestampField(**common),
    AttributeKind.SELECT: lambda row, common, country: _select(row, common),
    AttributeKind.CURRENCY: lambda row, common, country: NumberField(max_digits=MAX_DIGITS, decimal_places=2, **common),
    AttributeKind.LOCATION: lambda row, common, country: LocationField(**common),
    AttributeKind.PHONENUMBER: lambda row, common, country: PhoneField(country=country, max_length=40, **common),
    AttributeKind.RELATION: lambda row, common, country: IdentifierField(max_length=100, **common),
}


def attribute_field(attribute: CustomAttribute, *, country: str, source: Source | None = None) -> forms.Field:
    """The form field for one custom attribute of a team; ``source`` says where its options come from."""
    common: dict[str, Any] = {"required": False, "label": attribute.name}
    if attribute.kind == AttributeKind.RELATION:
        common["help_text"] = "The id of another lead in Breakcold."
    if attribute.kind == AttributeKind.SELECT:
        options = ((option["id"], option["name"]) for option in attribute.options)
        common["source"] = source or Listed.of(options)
    return MAKERS[AttributeKind(attribute.kind)](attribute, common, country)


def fits(attribute: CustomAttribute, value: Any, *, country: str = "") -> bool:
    """Whether a value that a lead or a preset holds is still one for this attribute, as it is now."""
    try:
        kept = attribute_field(attribute, country=country).clean(value)
    except (ValidationError, TypeError, ValueError, AttributeError, OverflowError):  # a value of another kind
        return False
    return type(kept) is type(value) and bool(kept == value)
