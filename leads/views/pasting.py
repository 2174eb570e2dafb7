"""What somebody pastes is read into the empty fields of the entry form, and put back on request. None of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from leads import pasted
from leads.breakcold.fields import BY_NAME
from leads.forms.kinds import PhoneField
from leads.forms.lead import LeadForm


@dataclass(frozen=True, slots=True)
class Filled:
    """``text`` stays in the box: what found no place, or all of it again. ``before`` is what was pasted."""

    text: str
    before: str = ""
    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    problem: str = ""


def fill_in(request: HttpRequest, form: LeadForm) -> Filled:
    """Fill the fields that are empty; whatever else was typed stays as it is."""
    text, data = request.POST.get("pasted", ""), request.POST.copy()
    if len(text) > pasted.MOST_CHARACTERS:
        form.show(data)
        return Filled(text, problem=f"This is too long to read: at most {pasted.MOST_CHARACTERS:,} characters.")
    found = pasted.read(text, country=form.team.default_phone_country)
    names, left = set(), list(found.rest)
    for name, value in found.values.items():
        said = data.get(name, "").strip()
        if not said and _takes(form, name, value):
            data[name] = value
            names.add(name)
        elif said.casefold() != value.casefold():
            left.append(f"{BY_NAME[name].label}: {value}")
    form.show(data)
    if not names:
        problem = "Nothing in it fits an empty field." if text.strip() else "Paste something first."
        return Filled(text, problem=problem)
    filled = [name for name in form.fields if name in names]  # in the order of the page
    labels = [str(form.fields[name].label) for name in filled]
    return Filled("\n".join(left), before=text, names=filled, labels=labels)


def put_back(request: HttpRequest, form: LeadForm) -> Filled:
    """Empty what was filled in, unless it says something else by now, and give the text back."""
    text, data = request.POST.get("pasted_before", ""), request.POST.copy()
    found = pasted.read(text, country=form.team.default_phone_country)
    names = data.get("pasted_names", "").split()
    for name in names:
        if name in form.fields and data.get(name, "").strip() == found.values.get(name, ""):
            data[name] = ""
    form.show(data)
    return Filled(text)


def _takes(form: LeadForm, name: str, value: str) -> bool:
    """Whether the page has the field and the value is one of its kind; a phone number may lack its country yet."""
    form_field = form.fields.get(name)
    if form_field is None or form_field.disabled or (form.shape and name not in form.shape.shown):
        return False
    try:
        form_field.clean(value)
    except ValidationError:
        return isinstance(form_field, PhoneField) and len(value) <= 40
    return True


#: What the buttons post as ``then``.
THEN: dict[str, Callable[[HttpRequest, LeadForm], Filled]] = {"paste": fill_in, "put-back": put_back}
