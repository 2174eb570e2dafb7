"""Form fields that bring what people type into normal form, one for each kind of value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from .options import Choice, Found, Listed, Source

INVISIBLE = frozenset({"Cf", "Cc", "Cs"})
NOT_DIALLED = re.compile(r"[\d\s+().\-/\u2010-\u2015]+")
THOUSANDS = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f’])\d{3})(?:\1\d{3})*")
YES = (True, "true", "True", "on", "1")
NO = (False, "false", "False", "off", "0")
check_url = URLValidator(schemes=["http", "https"])
#: Most addresses are so plain that nothing can be wrong with them; ``check_url`` takes far longer to say so.
PLAIN_URL = re.compile(r"https?://(?:[a-z0-9]{1,60}\.){1,3}[a-z]{2,60}(?:/[\w.~/%-]{0,200})?", re.ASCII)


def clean_text(value: Any, *, lines: bool = False) -> str:
    """``value`` as composed Unicode without space around it. Refuses what no CRM can show."""
    text = str(value)
    if text.isascii() and text.isprintable():  # most of what is typed; there is nothing to look for in it
        return text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if "\ufffd" in text:
        raise ValidationError("This holds a character that got lost on its way here. Type it again.", code="lost")
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and not (char == "\t" or (lines and char == "\n")):
            if char == "\n":
                raise ValidationError("Only one line fits here.", code="lines")
            raise ValidationError("This holds a character that cannot be shown. Type it again.", code="control")
    text = text.strip()
    return text if any(unicodedata.category(char) not in INVISIBLE and not char.isspace() for char in text) else ""


def clean_identifier(value: Any) -> str:
    """Text that names something exactly: invisible characters, which pasting brings along, are dropped."""
    text = clean_text(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in INVISIBLE).strip()


class TextField(forms.CharField):
    """One line, or several with ``lines``."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(**kwargs)
        self.validators = [
            check for check in self.validators if check.__class__.__name__ != "ProhibitNullCharactersValidator"
        ]

    def to_python(self, value: Any) -> str:
        return "" if value in self.empty_values else clean_text(value, lines=self.lines)


class IdentifierField(TextField):
    """One line in which every character counts."""

    def to_python(self, value: Any) -> str:
        return "" if value in self.empty_values else clean_identifier(value)


class EmailField(IdentifierField):
    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        text = re.sub(r"(?i)\Amailto:", "", text)
        if text:
            try:
                validate_email(text)
            except ValidationError:
                raise ValidationError("This is not an email address. It looks like name@example.com.") from None
        return text


class UrlField(IdentifierField):
    """An http or https address; one typed without a scheme gets https."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)", text):
            text = f"https://{text}"
        if PLAIN_URL.fullmatch(text):
            return text
        try:
            check_url(text)
        except ValidationError:
            raise ValidationError("This is not a web address. It looks like https://example.com.") from None
        return text


class HandleField(IdentifierField):
    """A user name, without the @ people put before it."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).removeprefix("@").strip()


class PhoneField(IdentifierField):
    """A phone number, kept in E.164. ``country`` (two letters) is assumed when none is typed."""

    def __init__(self, *, country: str = "", **kwargs: Any) -> None:
        self.country = country
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = re.sub(r"(?i)\Atel:", "", unicodedata.normalize("NFKC", super().to_python(value)))
        if not text or len(text) > (self.max_length or 40):
            return text
        if text.startswith("00"):
            text = f"+{text[2:]}"
        if not text.startswith("+") and not self.country:
            raise ValidationError("Begin with + and the country code, like +353 1 234 5678.")
        try:
            number = phonenumbers.parse(text, self.country or None)
        except phonenumbers.NumberParseException:
            raise ValidationError("This is not a phone number. It looks like +353 1 234 5678.") from None
        if not phonenumbers.is_possible_number(number):
            raise ValidationError("This phone number has too few or too many digits.")
        if extra := NOT_DIALLED.sub("", text):  # such as an extension, for which E.164 has no room
            raise ValidationError(f"Only the number itself fits here. Leave out “{extra[:20]}”.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class AmountField(IdentifierField):
    """A whole number, kept as its digits; ``digits`` at most."""

    def __init__(self, *, digits: int, **kwargs: Any) -> None:
        self.digits = digits
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        if THOUSANDS.fullmatch(text):
            text = re.sub(r"\D", "", text)
        if not re.fullmatch(r"[0-9]+", text):
            raise ValidationError("Enter a whole number, like 12500.")
        text = text.lstrip("0") or "0"
        if len(text) > self.digits:
            raise ValidationError(f"Enter at most {self.digits} digits.")
        return text


class BooleanField(forms.Field):
    """Yes or no. Not posted at all means ``default``; the page posts "false" for a box that is not ticked."""

    widget = forms.CheckboxInput

    def __init__(self, *, default: bool, words: tuple[str, str] | None = None, **kwargs: Any) -> None:
        self.default = default
        self.words = words
        radio = forms.RadioSelect(choices=[("false", words[0]), ("true", words[1])]) if words else None
        super().__init__(required=False, widget=radio or PresentCheckbox(), initial=default, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """For the radio buttons "true" or "false", for a box a real yes or no: the text "false" would tick it."""
        is_yes = self.default if value in (None, "") else value in YES
        return str(is_yes).lower() if self.words else is_yes

    def to_python(self, value: Any) -> bool:
        if value in (None, ""):
            return self.default
        if value in YES:
            return True
        if value in NO:
            return False
        raise ValidationError("Choose yes or no.")


class PresentCheckbox(forms.CheckboxInput):
    """A box whose absence from the data is not read as "no"."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, check_test=lambda value: value in YES)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)

    def format_value(self, value: Any) -> str:
        return "true"

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data


class Choosing:
    """Mixed into the widgets of a field with a ``source``: boxes for all of its options, or of a large source for the
    chosen ones, with a search beside them.

    ``searched`` is what a reader without script searched for, ``found`` what came of it.
    """

    is_picker = True
    source: Source
    searched: str | None = None
    found: Found | None = None

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        choices = self.source.known(value).values() if self.source.is_large else self.source.all()
        made = [self._option(name, choice, value, place, attrs) for place, choice in enumerate(choices)]
        return [(None, [option], place) for place, option in enumerate(made)]

    def _option(self, name: str, choice: Choice, value: list[str], place: int, attrs: Any) -> dict[str, Any]:
        is_chosen = choice.id in value
        option = self.create_option(name, choice.id, choice.name, is_chosen, place, attrs=attrs)  # type: ignore[attr-defined]
        return {**option, "color": choice.color, "list_id": choice.list_id, "list_name": choice.list_name}

    @property
    def is_grouped(self) -> bool:
        """Whether the options are steps of lists."""
        return any(choice.list_id for choice in self.source.all())

    def look_for(self, text: str, chosen: Collection[str], lists: Collection[str] = ()) -> None:
        """Have the matches shown with the page."""
        found = self.source.search(text, lists)
        rest = tuple(choice for choice in found.choices if choice.id not in chosen)
        self.searched, self.found = text, Found(rest, found.more)


class Picker(Choosing, forms.CheckboxSelectMultiple):
    """Any number of options."""


class SinglePicker(Choosing, forms.RadioSelect):
    """One option of a large source."""


class OptionField(forms.ChoiceField):
    """One option id, from ``source`` or from plain ``choices``."""

    default_error_messages = {"invalid_choice": "This is not one of the options any more. Choose again."}

    def __init__(self, *, source: Source | None = None, **kwargs: Any) -> None:
        self.source = source
        if source is not None and source.is_large:
            kwargs |= {"widget": SinglePicker(), "choices": []}
        elif source is not None:
            kwargs["choices"] = [("", "—"), *((choice.id, choice.name) for choice in source.all())]
        super().__init__(**kwargs)
        if isinstance(self.widget, SinglePicker) and source is not None:
            self.widget.source = source

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) if self.source is None else str(value) in self.source.known([str(value)])


class OptionsField(forms.MultipleChoiceField):
    """A list of option ids, each once, ``limit`` at most, from ``source`` or from plain ``choices``."""

    widget = Picker

    default_error_messages = {
        "invalid_choice": "“%(value).60s” is not one of the options any more. Choose again.",
        "invalid_list": "Choose from the list.",
    }

    def __init__(self, *, limit: int, source: Source | None = None, choices: Any = (), **kwargs: Any) -> None:
        self.limit = limit
        self.source: Source = source or Listed.of(choices)
        super().__init__(**kwargs)
        self.widget.source = self.source

    def to_python(self, value: Any) -> list[str]:
        chosen = list(dict.fromkeys(item for item in super().to_python(value) if item))
        if len(chosen) > self.limit:
            raise ValidationError(f"Choose at most {self.limit}.")
        return chosen

    def validate(self, value: list[str]) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        known = self.source.known(value)
        for option_id in value:
            if option_id not in known:
                params = {"value": self.source.name_of(option_id)}
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params=params)
