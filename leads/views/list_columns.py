"""Which columns the list of leads has: of the address, else as its reader chose them once, else the usual ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from leads.breakcold.fields import FIELDS, GROUP_LABELS, Field, Kind
from leads.models import Membership, PickerOption, Team
from leads.services import saved_views
from leads.services.replacing import options_in

from .access import actor_of, get_membership_for, signed_in
from .fragments import redirect_to
from .submission_filters import SubmissionFilter

OWN = {"state": "State", "by": "Entered by", "when": "When", "reference": "Reference"}
USUAL = tuple(OWN)
MOST = 8  # more do not fit beside each other
#: Fields of a lead that fit into a cell; "status" of Breakcold beside the state of ours.
SHOWN: dict[str, Field] = {
    field.name: field for field in FIELDS if field.kind not in (Kind.BOOLEAN, Kind.ATTRIBUTES, Kind.MULTILINE)
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    is_chosen: bool = True


def columns_for(request: HttpRequest, membership: Membership) -> list[Column]:
    """What is asked for; names nobody knows are left out."""
    names = known(request.GET.get("columns", "").split(",")) or known(membership.list_columns.split(",")) or USUAL
    return [Column(name, OWN.get(name) or SHOWN[name].label) for name in names]


def known(names: Iterable[str]) -> tuple[str, ...]:
    """In one order, whatever they are asked for in."""
    wanted = set(names)
    return tuple(name for name in (*OWN, *SHOWN) if name in wanted)[:MOST]


def choices(chosen: Iterable[Column]) -> list[tuple[str, list[Column]]]:
    """All there are, in groups, for the list of boxes."""
    names = {column.name for column in chosen}
    groups = {"The lead here": [Column(name, label, name in names) for name, label in OWN.items()]}
    for field in SHOWN.values():
        label = GROUP_LABELS[field.group]
        groups.setdefault(label, []).append(Column(field.name, field.label, field.name in names))
    return list(groups.items())


def fill_cells(rows: Iterable[Any], columns: Iterable[Column], team: Team) -> None:
    """Give each lead its ``cells``: the column, and the text of those that are fields of the lead."""
    rows, columns = list(rows), list(columns)
    names: dict[tuple[str, str, str], str] = {}
    if any(SHOWN[column.name].picker for column in columns if column.name in SHOWN):
        named = {option for row in rows for _, option in options_in(row.values)}
        found = PickerOption.objects.filter(team=team, external_id__in=named)
        names = {(each.environment, each.kind, each.external_id): each.name for each in found}
    for row in rows:
        row.cells = [
            (column, _text(row, SHOWN[column.name], names) if column.name in SHOWN else "") for column in columns
        ]


def _text(row: Any, field: Field, names: dict[tuple[str, str, str], str]) -> str:
    value = row.values.get(field.name)
    if not value:
        return ""
    if not field.picker:
        return str(value)
    ids = value if isinstance(value, list) else [value]
    return ", ".join(names.get((row.environment, field.picker, str(each)), str(each)) for each in ids)


@require_POST
@signed_in
def columns_choose(request: HttpRequest, team: str) -> HttpResponse:
    """Show the list with the ticked columns; with ``always`` from now on, whenever the address says nothing else."""
    membership = get_membership_for(request, team)
    ticked = request.POST.getlist("column")
    names = known(ticked)
    if len({*ticked} & {*OWN, *SHOWN}) > MOST:
        messages.warning(request, f"At most {MOST} columns fit beside each other; the first {MOST} are shown.")
    query = [(name, request.GET[name]) for name in SubmissionFilter.base_filters if request.GET.get(name)]
    if request.POST.get("always"):
        kept = "" if names == USUAL else ",".join(names)
        saved_views.keep_columns(membership=membership, columns=kept, actor=actor_of(request))
        messages.success(request, "Kept. The list begins with these columns from now on.")
    elif names:
        query.append(("columns", ",".join(names)))
    return redirect_to(request, reverse("submission_list", args=[team]) + (f"?{urlencode(query)}" if query else ""))
