"""From Breakcold's JSON to the entry form and from its complaints back: JSON types first, then the one validator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

from leads.breakcold.fields import BY_NAME, FIELDS, MANY, AttributeKind, Field, Kind
from leads.forms.lead import LeadForm
from leads.forms.looking import posted
from leads.forms.options import Options, options_of
from leads.forms.shape import ATTRIBUTE_PREFIX
from leads.models import CustomAttribute, GatewayToken

from .errors import Issue, Refusal, issue

MAX_ISSUES = 100  # named of one lead
JSON_NAMES = ((bool, "boolean"), (str, "string"), ((int, float), "number"), (list, "array"), (dict, "object"))
#: The JSON type of each kind of field; what is not named is a string.
TYPES = {Kind.BOOLEAN: "boolean", Kind.OPTIONS: "array", Kind.ATTRIBUTES: "object"}
ATTRIBUTE_TYPES = {
    AttributeKind.NUMBER: "number",
    AttributeKind.CURRENCY: "number",
    AttributeKind.CHECKBOX: "boolean",
    AttributeKind.LOCATION: "object",
}
#: The fields in which the options of each picker are named.
PICKED = {
    picker: [field.name for field in FIELDS if field.picker == picker]
    for picker in dict.fromkeys(field.picker for field in FIELDS if field.picker)
}
PLACE_TYPES = {"address": "string", "latitude": "number", "longitude": "number"}


def json_name(value: Any) -> str:
    """The JSON type of a value; bool comes before number because Python's bool is an int."""
    return next((name for kind, name in JSON_NAMES if isinstance(value, kind)), "null")


class Validator:
    """The entry form, made once for a token and filled in again for each lead."""

    def __init__(self, token: GatewayToken) -> None:
        self.token = token
        self.options = options_of(token.team)

    @cached_property
    def _form(self) -> LeadForm:
        preset = self.token.preset
        if preset is not None and preset.removed_at is not None:
            message = "The preset this token works with was removed. An admin of your team can issue another token."
            raise Refusal(409, "preset_removed", message)
        return LeadForm({}, team=self.token.team, options=self.options, preset=preset)

    def look_ahead(self, bodies: Iterable[Any]) -> None:
        """Have the options that some leads name at hand, in one query for all of them."""
        bodies = [body for body in bodies if isinstance(body, dict)]
        self.options.look_up(
            {
                picker: [key for body in bodies for name in names for key in posted(body, name)[:MANY]]
                for picker, names in PICKED.items()
            }
        )

    def values(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The lead in normal form. Raises ``Refusal`` with everything that is wrong with it."""
        if wrong_types := list(islice(_wrong_types(body, self.options), MAX_ISSUES)):
            raise refused(wrong_types)
        form = self._form
        form.fill_in(_as_posted(body, self.options))
        if form.is_valid():
            return form.values()
        raise refused(
            [
                issue("custom", path_of(name), error["message"])
                for name, errors in form.errors.get_json_data().items()
                for error in errors
            ]
        )


def path_of(name: str) -> list[str]:
    """Where in the body a field of the form stands."""
    if name.startswith(ATTRIBUTE_PREFIX):
        return ["attributes", name.removeprefix(ATTRIBUTE_PREFIX)]
    return [name] if name in BY_NAME else []


def refused(issues: list[Issue]) -> Refusal:
    return Refusal(400, "invalid_lead", "Input validation failed", issues=issues)


def _wrong_types(body: Mapping[str, Any], options: Options) -> Iterator[Issue]:
    for name, value in body.items():
        field = BY_NAME.get(name)
        if field is None:
            yield issue("unrecognized_keys", [name], f"Breakcold has no field “{name[:60]}”.")
        elif value is None and field.nullable:
            continue
        elif json_name(value) != (expected := TYPES.get(field.kind, "string")):
            yield _type_issue([name], expected, value)
        elif field.kind is Kind.OPTIONS:
            yield from _wrong_items([name], value, field.limit or MANY)
        elif field.kind is Kind.ATTRIBUTES:
            yield from _wrong_attributes(value, options, field)


def _type_issue(path: list[str | int], expected: str, value: Any) -> Issue:
    return issue("invalid_type", path, f"Expected {expected}, received {json_name(value)}")


def _wrong_items(path: list[str | int], items: list[Any], most: int = MANY) -> Iterator[Issue]:
    if len(items) > most:
        yield issue("too_big", path, f"Send at most {most}.")
        return
    for place, item in enumerate(items):
        if not isinstance(item, str):
            yield _type_issue([*path, place], "string", item)


def _wrong_attributes(values: Mapping[str, Any], options: Options, field: Field) -> Iterator[Issue]:
    known = {attribute.external_id: attribute for attribute in options.attributes}
    for key, value in values.items():
        if key not in known:
            yield issue("custom", [field.name, key], "The team has no attribute with this id.")
        else:
            yield from _wrong_attribute([field.name, key], known[key], value)


def attribute_type(attribute: CustomAttribute) -> str:
    """The JSON type of an attribute's value."""
    kind = AttributeKind(attribute.kind)
    if kind is AttributeKind.SELECT and attribute.is_multiple:
        return "array"
    return ATTRIBUTE_TYPES.get(kind, "string")


def _wrong_attribute(path: list[str | int], attribute: CustomAttribute, value: Any) -> Iterator[Issue]:
    expected = attribute_type(attribute)
    if json_name(value) != expected:
        yield _type_issue(path, expected, value)
    elif expected == "array":
        yield from _wrong_items(path, value)
    elif expected == "object":
        for name in value:
            if name not in PLACE_TYPES:
                yield issue("unrecognized_keys", [*path, name], f"A location has no “{name[:60]}”.")
        for name, kind in PLACE_TYPES.items():
            if json_name(value.get(name)) != kind:
                yield _type_issue([*path, name], kind, value.get(name))


def _as_posted(body: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """The body as the entry form would have posted it."""
    posted = {name: value for name, value in body.items() if name != "attributes" and value is not None}
    places = {row.external_id for row in options.attributes if attribute_type(row) == "object"}
    for key, value in (body.get("attributes") or {}).items():
        name = ATTRIBUTE_PREFIX + key
        if key in places:
            posted |= {f"{name}_{part}": value[part] for part in PLACE_TYPES}
        else:
            posted[name] = value
    return posted
