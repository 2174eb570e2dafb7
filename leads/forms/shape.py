"""What a preset makes of the entry form: which fields are left, in which order, with what in them.

A row of a preset is ``{"name", "shown", "required", "fixed", "default", "help", "kind"}``, see ``FormPreset``. A fixed
value is held by Django's own ``disabled``: nothing posted gets in its place, and what says otherwise is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from leads.breakcold.payload import is_empty
from leads.models import CustomAttribute

from .kinds import YES, BooleanField

ATTRIBUTE_PREFIX = "attributes."
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a preset asks for that does not work any more. ``is_fixed`` blocks sending, the rest is left out."""

    name: str
    label: str
    reason: str
    is_fixed: bool


@dataclass(slots=True)
class Shape:
    """``shown`` are the names of the fields on the page, in order; ``fixed`` all that nobody can change."""

    name: str
    shown: list[str] = field(default_factory=list)
    fixed: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, forms.Field] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def blocked(self, label: str) -> str:
        """Why a lead cannot be sent while a fixed value does not work."""
        return (
            f"The preset “{self.name}” fills in “{label}” with something that does not work any more. "
            "An admin of your team has to change the preset. You can send this lead with all fields instead."
        )


def kind_of(attribute: CustomAttribute) -> str:
    """The kind of an attribute as a row keeps it, so that a change of it is noticed."""
    return f"{attribute.kind}{' several' if attribute.is_multiple else ''}"


def shape_fields(
    fields: dict[str, forms.Field],
    *,
    name: str,
    rows: Sequence[Row],
    kinds: Mapping[str, str],
    also: Collection[str] = (),
    labels: Mapping[str, str],
) -> Shape:
    """Bring the form's ``fields`` into the shape of a preset, in place. ``also`` are shown in addition, at the end.

    ``kinds`` are those of the attributes by field name, ``labels`` the names of attributes that are gone.
    """
    shape = Shape(name)
    kept: dict[str, forms.Field] = {}
    for row in rows:
        form_field = fields.get(row["name"])
        if form_field is None:
            label = labels.get(row["name"], row["name"].removeprefix(ATTRIBUTE_PREFIX))
            reason = "It is not in Breakcold any more."
            shape.troubles.append(Trouble(row["name"], label, reason, bool(row.get("fixed"))))
            continue
        _apply(row, form_field, kinds, shape)
        kept[row["name"]] = form_field
    for more, form_field in fields.items():
        if more in also and more not in kept:
            kept[more] = form_field
            shape.shown.append(more)
    shape.left_out = {key: value for key, value in fields.items() if key not in kept}
    fields.clear()
    fields.update(kept)
    return shape


def _apply(row: Row, form_field: forms.Field, kinds: Mapping[str, str], shape: Shape) -> None:
    default, is_fixed = row.get("default"), bool(row.get("fixed"))
    reason = trouble_with(row, form_field, kinds)
    if reason:
        shape.troubles.append(Trouble(row["name"], str(form_field.label), reason, is_fixed))
        default = None
    if is_fixed:
        form_field.disabled = True
        shape.fixed[row["name"]] = default
    if is_fixed or not is_empty(default):
        form_field.initial = default
    if row.get("required") and not is_fixed and not isinstance(form_field, BooleanField):
        form_field.required = True
        form_field.error_messages["required"] = f"Fill this in: “{shape.name}” asks for it."
    if row.get("help"):
        form_field.help_text = row["help"]
    if row.get("shown"):
        shape.shown.append(row["name"])


def trouble_with(row: Row, form_field: forms.Field, kinds: Mapping[str, str]) -> str:
    """Why the row's default does not work any more; empty when it does."""
    default = row.get("default")
    if is_empty(default):
        return ""
    if row.get("kind", "") != kinds.get(row["name"], ""):
        return "It is of another kind now than when the preset was made."
    try:
        form_field.clean(default)
    except ValidationError as exc:
        return " ".join(exc.messages)
    except (TypeError, ValueError, AttributeError, OverflowError):  # a value of another kind
        return "It is of another kind now than when the preset was made."
    return ""


def focus_first(fields: Mapping[str, forms.Field], shape: Shape) -> None:
    """The keyboard goes to the first box on the page that takes text."""
    for name in shape.shown:
        if isinstance(fields[name].widget, (forms.TextInput, forms.Textarea)) and not fields[name].disabled:
            fields[name].widget.attrs["autofocus"] = True
            return


def posted_names(fields: Mapping[str, forms.Field]) -> dict[str, forms.Field]:
    """The names under which a page posts these fields: some take several boxes."""
    return {
        name + suffix: form_field
        for name, form_field in fields.items()
        for suffix in ("", *getattr(form_field.widget, "widgets_names", ()))
    }


def refusals(shape: Shape, data: Mapping[str, Any]) -> Iterator[str]:
    """What was posted for fields the preset does not know; it is not taken, and not dropped in silence either."""
    for name, form_field in posted_names(shape.left_out).items():
        text = data.get(name)
        is_default = isinstance(form_field, BooleanField) and (text in YES) == form_field.default
        if is_empty(text) or is_default:  # a page of before posts every switch
            continue
        said = _said(data, [name])
        yield f"“{form_field.label}” is not part of “{shape.name}”. It said {said}. Send again without it."


def overruled(shape: Shape, fields: Mapping[str, forms.Field], data: Mapping[str, Any]) -> Iterator[str]:
    """What was posted for a fixed field and says something else: by a page of before it was fixed, or by a script."""
    for name, fixed in shape.fixed.items():
        form_field = fields[name]
        said = _said(data, posted_names({name: form_field}))
        if is_empty(fixed) or not said or _says_the_same(form_field, name, data, fixed):
            continue  # one that does not work any more blocks sending anyway
        words = ", ".join(f"“{word}”" for word in words_of(form_field, fixed))
        yield f"“{shape.name}” sets “{form_field.label}” to {words}. It said {said}. Send again without it."


def _says_the_same(form_field: forms.Field, name: str, data: Mapping[str, Any], fixed: Any) -> bool:
    values = [form_field.widget.value_from_datadict(data, MultiValueDict(), name)]
    if isinstance(data, MultiValueDict) and len(data.getlist(name)) > 1 and not isinstance(values[0], list):
        values = list(data.getlist(name))
    try:
        wanted = form_field.clean(fixed)
        return all(_sorted(form_field.clean(value)) == _sorted(wanted) for value in values)
    except ValidationError:
        return False


def _sorted(value: Any) -> Any:
    """Several options are the same in any order."""
    return sorted(value) if isinstance(value, list) else value


def _said(data: Mapping[str, Any], names: Iterable[str]) -> str:
    """What was posted under these names, as it came."""
    came = [data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name) for name in names]
    texts = [text for each in came for text in (each if isinstance(each, list) else [each])]
    return ", ".join(f"“{text}”" for text in texts if not is_empty(text))


def words_of(form_field: forms.Field, value: Any) -> list[str]:
    """A value in normal form as people read it: names instead of ids."""
    if isinstance(form_field, BooleanField):
        is_yes = form_field.default if value in (None, "") else value in YES
        return [(form_field.words or ("No", "Yes"))[is_yes]]
    if is_empty(value):
        return []
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    if isinstance(value, Mapping):
        return [f"{value.get('address')} ({value.get('latitude')}, {value.get('longitude')})"]
    items = value if isinstance(value, list) else [value]
    source = getattr(form_field, "source", None)
    names = dict(getattr(form_field, "choices", ()))
    names |= {key: choice.name for key, choice in source.known(items).items()} if source else {}
    return [str(names.get(item, item)) for item in items]


def prefilled(fields: Mapping[str, forms.Field], data: Any, *, most: int) -> dict[str, Any]:
    """What an address fills in: only fields the form has and does not fix, each at most ``most`` characters long."""
    found = {}
    for name, form_field in fields.items():
        if form_field.disabled or form_field.widget.value_omitted_from_data(data, {}, name):
            continue
        value = form_field.widget.value_from_datadict(data, {}, name)
        if not is_empty(value):
            found[name] = _cut(value, most)
    return found


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return value[:most]
    return [_cut(item, most) for item in value[:100]] if isinstance(value, list) else value
