"""The rules of a team: review, undo, duplicates, phone numbers, its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from leads.audit import Action
from leads.forms.rules import RulesForm
from leads.models import AuditEntry, Submission, Team
from leads.services import teams
from leads.states import State

from . import step_up
from .access import actor_of, get_admin_for, signed_in
from .fragments import page_or_fragment, redirect_to
from .log import lines

MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What somebody else saved meanwhile: ``rules`` are (label, "old → new")."""

    actor: str
    at: datetime
    rules: list[tuple[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team_rules(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    found = membership.team
    if request.method != "POST":
        return _page(request, found, RulesForm(team=found))
    form = RulesForm(request.POST, team=found)
    seen = _number(request.POST.get("version", ""))
    if not form.is_valid():
        return _page(request, found, form, version=seen, status=422)
    if form.rules()["second_factor"] != found.second_factor and not step_up.is_recent(request):
        return step_up.ask(request)
    try:
        changed = teams.change_rules(team=found, rules=form.rules(), seen=seen, actor=actor_of(request))
    except teams.ChangedMeanwhile:
        return _page(request, found, form, changes=list(_changes_since(found, seen)), status=422)
    except teams.NotPossible as exc:
        form.add_error(None, str(exc))
        return _page(request, found, form, status=422)
    messages.success(request, "Saved." if changed else "Nothing was different, so nothing was changed.")
    if "reviews" in changed and not found.reviews and (waiting := _waiting(found)):
        messages.warning(request, f"{_still(waiting)} A reviewer decides on each, as before.")
    return redirect_to(request, reverse("team_rules", args=[team]))


def _page(request: HttpRequest, team: Team, form: RulesForm, *, status: int = 200, **context: Any) -> HttpResponse:
    context.setdefault("version", team.rules_version)
    context |= {
        "form": form,
        "waiting_text": _still(_waiting(team)) if not team.reviews and _waiting(team) else "",
        "reviewers": sum(member.can_review for member in team.memberships.all()),
    }
    return page_or_fragment(request, "rules/form.html", "rules/_form.html", context, status=status)


def _number(text: str) -> int:
    """A version a page posts back; nonsense is none that ever was."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _waiting(team: Team) -> int:
    return Submission.objects.for_team(team).filter(state=State.PENDING_REVIEW).count()


def _still(waiting: int) -> str:
    return "1 lead still waits for review." if waiting == 1 else f"{waiting} leads still wait for review."


def _changes_since(team: Team, seen: int) -> Iterator[RuleChange]:
    """What the log says of the rules since that version, oldest first."""
    entries = AuditEntry.objects.filter(team=team, action=Action.TEAM_RULES_CHANGED).order_by("-sequence")
    newer = [entry for entry in entries[:MOST_CHANGES] if entry.details.get("version", 0) > seen]
    labels = {name: str(form_field.label) for name, form_field in RulesForm.base_fields.items()}
    for line in lines(reversed(newer)):
        rules = [(labels[name], str(text)) for name, text in line.entry.details.items() if name in labels]
        yield RuleChange(line.actor, line.entry.at, rules)
