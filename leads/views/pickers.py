"""The team's pickers: what there is to choose from, syncing it, typing it in, and putting right what vanished."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.breakcold.fields import BY_NAME
from leads.delivery.reading import leads_wait
from leads.forms.options import Source, options_of
from leads.forms.pickers import AddOptionsForm, OptionForm, ReplaceForm
from leads.models import BreakcoldKey, Membership, PickerOption, Team
from leads.models.pickers import PickerKind, searched
from leads.models.teams import Environment
from leads.services import keys, options, pickers
from leads.services.replacing import Replaced, Use, replace_everywhere, uses_of
from leads.services.teams import NotPossible

from .access import actor_of, get_admin_for, get_membership_for, signed_in
from .fragments import page_or_fragment, redirect_to

PER_PAGE = 100
VANISHED_SHOWN = 50
GONE = "gone"  # beside the kinds
KINDS = {PickerKind.LIST: "Lists", PickerKind.STATUS: "Statuses", PickerKind.TAG: "Tags", PickerKind.OWNER: "Owners"}


def get_option_for(membership: Membership, option: UUID) -> PickerOption:
    """One of the options of the account the team works with, or 404."""
    found: PickerOption | None = (
        PickerOption.objects.seen_by(membership.team).select_related("team").filter(public_id=option).first()
    )
    if found is None:
        raise Http404("no such option")
    return found


@require_safe
@signed_in
def picker_list(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    kind = request.GET.get("kind", "")
    kind = kind if kind in (*PickerKind.values, GONE) else PickerKind.LIST.value
    text = request.GET.get("q", "")[:200]
    page = Paginator(_rows(membership.team, kind, text), PER_PAGE).get_page(request.GET.get("page"))
    key = keys.find_current_key(membership.team)
    context = {
        "kind": kind,
        "kinds": [*KINDS.items(), (GONE, "Gone")],
        "text": text,
        "page_obj": page,
        "team_key": key,
        "sync": sync_state(key),
        "counts": _counts(membership.team),
        "not_offered": not_offered(key),
        "vanished": vanished_in_use(membership.team),
    }
    stamp = [context["sync"], key and key.pickers_synced_at, [row.pk for row in page]]
    return page_or_fragment(request, "pickers/list.html", "pickers/_options.html", context, stamp=stamp)


def _rows(team: Team, kind: str, text: str) -> QuerySet[PickerOption]:
    """What the page lists: steps in the order of their lists."""
    rows = PickerOption.objects.seen_by(team)
    rows = rows.filter(is_gone=True) if kind == GONE else rows.filter(kind=kind, is_gone=False)
    for word in searched(text.replace("\0", "")).split()[:10]:
        rows = rows.filter(search_text__contains=word)
    lists = PickerOption.objects.seen_by(team).filter(kind=PickerKind.LIST, external_id=OuterRef("list_id"))
    rows = rows.annotate(
        list_name=Subquery(lists.values("name")[:1]), list_position=Subquery(lists.values("position")[:1])
    )
    return cast(QuerySet[PickerOption], rows.order_by("kind", "list_position", "list_name", "position", "name", "pk"))


def _counts(team: Team) -> list[tuple[str, str, int]]:
    rows = PickerOption.objects.offered_to(team).order_by().values_list("kind").annotate(many=Count("pk"))
    many = dict(rows)
    return [(kind.value, label, many.get(kind.value, 0)) for kind, label in KINDS.items()]


def sync_state(key: BreakcoldKey | None) -> str:
    """Where the reading is: none (no key), waiting (leads go first), reading, trouble, done, or never."""
    if key is None:
        return "none"
    if key.pickers_asked_at is not None:
        return "waiting" if leads_wait(key, timezone.now()) else "reading"
    if key.pickers_trouble:
        return "trouble"
    return "done" if key.pickers_synced_at else "never"


def not_offered(key: BreakcoldKey | None) -> list[str]:
    """The kinds for which Breakcold had no answer that can be read, the last time it was asked."""
    report = key.pickers_report if key else {}
    labels = {kind.value: label.lower() for kind, label in KINDS.items()}
    return [label for kind, label in labels.items() if kind in report and report[kind] is None]


def vanished_in_use(team: Team) -> list[tuple[PickerOption, Use]]:
    """Options that cannot be chosen any more but that presets or waiting leads use, the most used first."""
    gone = list(PickerOption.objects.seen_by(team).filter(is_gone=True))
    uses = uses_of(team, {(row.kind, row.external_id) for row in gone})
    found = [(row, uses[row.kind, row.external_id]) for row in gone if (row.kind, row.external_id) in uses]
    found.sort(key=lambda pair: (-pair[1].count, -len(pair[1].presets), pair[0].name))
    return found[:VANISHED_SHOWN]


@require_POST
@signed_in
def picker_sync(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    key = keys.find_current_key(membership.team)
    where = "attribute_list" if request.POST.get("from") == "attributes" else "picker_list"
    try:
        if key is None:
            raise NotPossible("This team has no key yet, so there is nothing to sync with.")
        pickers.ask_for_sync(key=key, actor=actor_of(request))
    except NotPossible as exc:
        messages.warning(request, str(exc))
    return redirect_to(request, reverse(where, args=[team]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def picker_add(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    if request.method != "POST":
        form = AddOptionsForm(initial={"kind": request.GET.get("kind") or PickerKind.LIST})
        return render(request, "pickers/add.html", {"form": form})
    form = AddOptionsForm(request.POST)
    if form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            count = options.add_options(team=membership.team, kind=kind, rows=form.rows(), actor=actor_of(request))
        except NotPossible as exc:
            form.refuse(exc)
        else:
            messages.success(request, f"{count:,} option{'' if count == 1 else 's'} added.")
            return redirect_to(request, f"{reverse('picker_list', args=[team])}?kind={kind}")
    return render(request, "pickers/add.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def picker_edit(request: HttpRequest, team: str, option: UUID) -> HttpResponse:
    """Another name, colour or list for an option that was typed in."""
    membership = get_admin_for(request, team)
    found = get_option_for(membership, option)
    form = OptionForm(request.POST if request.method == "POST" else None, option=found)
    if form.is_valid():
        try:
            options.change_option(option=found, **form.cleaned_data, actor=actor_of(request))
        except NotPossible as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, f"“{form.cleaned_data['name']}” is kept.")
            return redirect_to(request, f"{reverse('picker_list', args=[team])}?kind={found.kind}")
    context = {"form": form, "option": found, "use": _use_of(found)}
    return render(request, "pickers/edit.html", context, status=422 if form.is_bound else 200)


def _use_of(option: PickerOption) -> Use:
    return uses_of(option.team, {(option.kind, option.external_id)}).get((option.kind, option.external_id), Use())


@require_POST
@signed_in
def picker_remove(request: HttpRequest, team: str, option: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    found = get_option_for(membership, option)
    try:
        options.remove_option(option=found, actor=actor_of(request))
    except NotPossible as exc:
        messages.warning(request, str(exc))
    else:
        messages.success(request, f"“{found.name}” cannot be chosen any more.")
    return redirect_to(request, f"{reverse('picker_list', args=[team])}?kind={found.kind}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def picker_replace(request: HttpRequest, team: str, option: UUID) -> HttpResponse:
    """Another option in the place of one, in all presets and waiting leads; or none."""
    membership = get_admin_for(request, team)
    found = get_option_for(membership, option)
    data = request.POST if request.method == "POST" else None
    form = ReplaceForm(data, options=options_of(membership.team), kind=found.kind)
    context: dict[str, Any] = {"form": form, "option": found}
    if is_ready(request, form):
        new_id = form.cleaned_data.get("new", "") if request.POST.get("how") != "take-out" else ""
        try:
            done = replace_everywhere(
                team=membership.team, kind=found.kind, old_id=found.external_id, new_id=new_id, actor=actor_of(request)
            )
        except NotPossible as exc:
            context["problem"] = str(exc)
        else:
            tell(request, found.name, done, takes_out=not new_id)
            return redirect_to(request, reverse("picker_list", args=[team]))
    context["use"] = _use_of(found)
    return render(request, "pickers/replace.html", context, status=422 if form.is_bound else 200)


def is_ready(request: HttpRequest, form: ReplaceForm) -> bool:
    """Whether it can be done: taking out needs no other option."""
    return form.is_valid() or (form.is_bound and not form.finding and request.POST.get("how") == "take-out")


def tell(request: HttpRequest, name: str, done: Replaced, *, takes_out: bool) -> None:
    """What came of replacing: also what was not done."""
    leads, sets = f"{done.leads:,} lead{'' if done.leads == 1 else 's'}", done.presets
    what = "taken out of" if takes_out else "replaced in"
    messages.success(request, f"“{name}” was {what} {leads} and {sets} preset{'' if sets == 1 else 's'}.")
    if done.left_alone:
        messages.warning(request, f"{done.left_alone:,} on their way to Breakcold were left as they are.")
    if done.misplaced:
        what = "leads are" if done.misplaced > 1 else "lead is"
        messages.warning(request, f"{done.misplaced:,} {what} not in the list of that step, and kept the old one.")
    if done.remaining:
        messages.warning(request, f"{done.remaining:,} more use it: do it once more.")


@require_safe
@signed_in
def submission_options(request: HttpRequest, team: str) -> HttpResponse:
    """The best matches for what somebody types in a large picker. ``name`` is the box’s, ``one`` a single choice,
    ``in`` the environment of a lead that was entered in another one than is on now.
    """
    membership = get_membership_for(request, team)
    field = request.GET.get("field", "")
    if request.GET.get("in") in Environment.values:
        membership.team.environment = request.GET["in"]  # to look there; never saved
    source = _source(membership.team, field)
    lists = [*request.GET.getlist("lists"), *request.GET.getlist("id_list")]
    found = source.search(request.GET.get("q", "")[:200], lists)
    context = {
        "found": found,
        "name": request.GET.get("name") or field,
        "box": "radio" if request.GET.get("one") else "checkbox",
    }
    return render(request, "pickers/_matches.html", context)


def _source(team: Team, field: str) -> Source:
    choices = options_of(team)
    if field in BY_NAME and (kind := BY_NAME[field].picker):
        return choices.of(kind)
    for attribute in choices.attributes:
        if field == f"attributes.{attribute.external_id}" and attribute.options:
            return choices.of_attribute(attribute)
    raise Http404("no such field")
