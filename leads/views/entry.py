"""What the entry form begins with: the chosen preset, what the address fills in, and what to say about both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from leads.breakcold.fields import BLOCK, BY_NAME
from leads.forms.lead import LeadForm, initial_from
from leads.forms.shape import prefilled, words_of
from leads.models import FormPreset, Submission, Team
from leads.models.teams import DuplicatePolicy
from leads.normalise import keys_of
from leads.services import duplicates

from .fragments import page_or_fragment
from .lead_values import shown_issues
from .typed import COMMENT

ALL = "all"  # instead of a preset's id: every field
MOST_SHOWN = 5  # duplicates


@dataclass(frozen=True, slots=True)
class Choice:
    """The preset of an entry form; None for all fields. ``problem`` says why it is not the one that was asked for."""

    preset: FormPreset | None
    presets: list[FormPreset]
    problem: str = ""

    @property
    def value(self) -> str:
        return str(self.preset.public_id) if self.preset else ALL


def choose_preset(request: HttpRequest, team: Team) -> Choice:
    """The preset that is asked for, else the team's default.

    Where the one asked for is gone the page falls back on the default; for what was typed already on all fields, so
    that nothing typed is refused. A posted page that names none had all fields: there was no preset then.
    """
    presets = list(FormPreset.objects.in_use().filter(team=team))
    wanted = request.POST.get("preset") or request.GET.get("preset", "")
    default = next((preset for preset in presets if preset.is_default), None)
    if not wanted or wanted == ALL:
        return Choice(None if wanted or request.method == "POST" else default, presets)
    found = next((preset for preset in presets if str(preset.public_id) == wanted), None)
    if found:
        return Choice(found, presets)
    if request.method == "POST":
        text = "The preset you began with was removed meanwhile. These are all fields: look again, then send."
        return Choice(None, presets, text)
    instead = f"This is “{default.name}” instead." if default else "These are all fields instead."
    return Choice(default, presets, f"There is no such preset any more. {instead}")


def check_url_for(team: Team, choice: Choice) -> str:
    """Where a field of a new lead is checked when it is left."""
    query = f"?{urlencode({'preset': choice.value})}" if choice.presets else ""
    return reverse("submission_check", args=[team.slug]) + query


def new_form(request: HttpRequest, team: Team, choice: Choice) -> LeadForm:
    """The form for a new lead, as posted or as its address fills it in."""
    about: dict[str, Any] = {"team": team, "preset": choice.preset, "check_url": check_url_for(team, choice)}
    if request.method == "POST":
        return LeadForm(request.POST, request.FILES, **about)
    form = LeadForm(**about)
    form.initial = prefilled(form.fields, request.GET, most=BLOCK)
    return form


def _team_as_entered(submission: Submission) -> Team:
    """The team with the environment the lead was entered in: its options are of that account, whatever is on now."""
    team = copy(submission.team)
    team.environment = submission.environment
    return team


def review_form(request: HttpRequest, submission: Submission) -> LeadForm:
    """All fields of a lead that waits for review, for the reviewer who corrects it."""
    query = urlencode({"lead": str(submission.public_id), "preset": ALL})
    about: dict[str, Any] = {
        "team": _team_as_entered(submission),
        "check_url": f"{reverse('submission_check', args=[submission.team.slug])}?{query}",
        "initial": initial_from(submission.values),
    }
    return LeadForm(request.POST, request.FILES, **about) if request.method == "POST" else LeadForm(**about)


def edit_form(request: HttpRequest, submission: Submission) -> LeadForm:
    """The form for a lead that exists: in the shape it was entered in, with what it says besides."""
    preset = submission.preset if submission.preset and submission.preset.removed_at is None else None
    check_url = reverse("submission_check", args=[submission.team.slug])
    initial = initial_from(submission.values)
    about: dict[str, Any] = {
        "team": _team_as_entered(submission),
        "preset": preset,
        "check_url": f"{check_url}?{urlencode({'lead': str(submission.public_id)})}",
        "also": [name for name, value in initial.items() if name not in BY_NAME or value != BY_NAME[name].default],
        "initial": without_defaults(preset) | initial,
    }
    return LeadForm(request.POST, request.FILES, **about) if request.method == "POST" else LeadForm(**about)


def without_defaults(preset: FormPreset | None) -> dict[str, Any]:
    """A preset fills in a new lead only: what somebody emptied stays empty in one that exists."""
    return {row["name"]: None for row in preset.rows if not row.get("fixed")} if preset else {}


def notes_on(form: LeadForm, values: Mapping[str, Any] | None = None) -> Iterator[str]:
    """What the preset cannot do any more, and where it changes what a lead with these ``values`` says."""
    if form.shape is None:
        return
    for trouble in form.shape.troubles:
        if trouble.is_fixed:
            yield form.shape.blocked(trouble.label)
        else:
            yield f"“{trouble.label}”: what the preset fills in does not work any more, so it is left out."
    said = initial_from(values or {})
    for name, fixed in form.shape.fixed.items():
        if name in said and name in form.fields and said[name] != fixed:
            before = ", ".join(words_of(form.fields[name], said[name]))
            yield f"“{form.fields[name].label}” said “{before}”. The preset sets it now."


def carried(form: LeadForm, choice: Choice) -> str:
    """What the next form begins with after "Send and add another": the preset and the company."""
    query = {"preset": choice.value} if choice.presets else {}
    if "company" in form.fields and not form.fields["company"].disabled and form.cleaned_data.get("company"):
        query["company"] = form.cleaned_data["company"]
    return f"?{urlencode(query)}" if query else ""


def accepted_in(request: HttpRequest) -> set[UUID]:
    """The duplicates the reader was shown and sends the lead in spite of."""
    found = set()
    for text in request.POST.get("accepted", "").split(","):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def wants_another(request: HttpRequest) -> bool:
    """Whether the reader wants an empty form next; the button that accepts duplicates carries it along."""
    return request.POST.get("then") == "another" or "another" in request.POST.get("accepted", "").split(",")


def shown_duplicates(request: HttpRequest, found: list[Submission]) -> dict[str, Any]:
    """Context for ``submissions/_duplicates.html``."""
    parts = [str(row.public_id) for row in found] + (["another"] if wants_another(request) else [])
    more = len(found) - MOST_SHOWN
    return {"duplicates": found[:MOST_SHOWN], "more_duplicates": max(more, 0), "accepted": ",".join(parts)}


def likely_duplicate(form: LeadForm, name: str, itself: Submission | None) -> Submission | None:
    """The newest lead with the same value in a field that tells leads apart; one indexed query."""
    column = duplicates.TELLING.get(name)
    value = form.cleaned_data.get(name)
    if not column or not value or form.team.duplicate_policy == DuplicatePolicy.ALLOW:
        return None
    environment = itself.environment if itself else form.team.environment
    keys = {column: keys_of({name: value})[column]}
    found = duplicates.find(team=form.team, environment=environment, keys=keys, itself=itself, most=1)
    return found[0] if found else None


def form_page(
    request: HttpRequest, form: LeadForm, one_time_key: UUID | None, *, status: int = 200, **context: Any
) -> HttpResponse:
    submission = context.get("submission")
    issues = shown_issues(submission) if submission else []
    comments = list(submission.comments.select_related("author")) if submission else []
    notes = [*notes_on(form, submission.values if submission else None), *context.pop("more_notes", ())]
    if request.method != "POST" and (choice := context.get("choice")) and choice.problem:
        notes.insert(0, choice.problem)
    draft = context.get("draft")
    context["comment"] = request.POST.get(COMMENT) or (draft.typed.get(COMMENT, [""])[0] if draft else "")
    context |= {"form": form, "one_time_key": one_time_key, "issues": issues, "comments": comments, "notes": notes}
    return page_or_fragment(request, "submissions/form.html", "submissions/_form.html", context, status=status)
