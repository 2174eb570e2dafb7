"""The team's key: what is kept of it, and everything an admin can do with it. The key itself is on no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from leads.audit import Actor
from leads.delivery import check
from leads.forms.keys import FIELD, KeyForm
from leads.models import BreakcoldKey, Membership, Team
from leads.models.teams import Environment
from leads.services import keys
from leads.services.teams import NotPossible

from . import step_up
from .access import actor_of, get_admin_for, signed_in
from .fragments import page_or_fragment, redirect_to
from .key_words import counted, key_words
from .step_up import confirmed

Do = Callable[[Team, str, Actor], str]  # the team, the key the page showed, who; answers with what was done


@sensitive_post_parameters(FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@confirmed
@sensitive_variables("pasted")
def key_detail(request: HttpRequest, team: str) -> HttpResponse:
    """The key, and the form for another one. What was pasted goes to the service and nowhere else."""
    membership = get_admin_for(request, team)
    environment = _environment(request, membership.team)
    if request.method != "POST":
        return _page(request, membership, environment)
    pasted = request.POST.get(FIELD, "")
    try:
        key = keys.replace_key(
            team=membership.team,
            plain=pasted,
            environment=environment,
            seen=request.POST.get("seen", ""),
            other_owner=request.POST.get("other_owner"),
            actor=actor_of(request),
        )
    except keys.OtherOwner as exc:
        return _page(request, membership, environment, problem=str(exc), other=exc, status=422)
    except keys.KeyChanged as exc:
        return _page(request, membership, environment, changed=str(exc), status=422)
    except NotPossible as exc:
        return _page(request, membership, environment, problem=str(exc), status=422)
    trimmed = " Spaces or line ends around it were removed." if pasted != pasted.strip() else ""
    owner = f"It belongs to {key.owner_label}." if key.owner_label else "Breakcold did not say whose it is."
    waiting = _waiting(membership.team, environment, "goes out with it now", "go out with it now")
    messages.success(request, f"The key that ends in {key.last4} works and is kept. {owner}{trimmed} {waiting}".strip())
    return redirect_to(request, _url(membership.team, environment))


def _environment(request: HttpRequest, team: Team) -> str:
    """Which of the team's two keys the page is about; the one in use unless asked otherwise."""
    asked = request.POST.get("environment") or request.GET.get("environment") or team.environment
    if asked not in Environment.values:
        raise Http404("no such environment")
    return asked


def _url(team: Team, environment: str) -> str:
    url = reverse("key_detail", args=[team.slug])
    return url if environment == team.environment else f"{url}?environment={environment}"


def _waiting(team: Team, environment: str, one: str, many: str) -> str:
    return counted(keys.waiting_for(team, environment).queued, one, many)


def _page(
    request: HttpRequest,
    membership: Membership,
    environment: str,
    *,
    problem: str = "",
    changed: str = "",
    other: keys.OtherOwner | None = None,
    status: int = 200,
) -> HttpResponse:
    team = membership.team
    team.refresh_from_db(fields=["environment"])  # somebody else may have switched it
    found = keys.find_live_and_practice(team)
    key, waiting = found.get(environment), keys.waiting_for(team, environment)
    context = {
        "key": key,
        "words": key_words(key, environment),
        "waiting": waiting,
        "waiting_words": counted(waiting.queued, "waits for it", "wait for it"),
        "revoke_words": _revoke_words(waiting.queued),
        "environment": environment,
        "is_in_use": environment == team.environment,
        "form": KeyForm(environment=environment, problem=problem),
        "has_problem": bool(problem),
        "other": other,
        "changed": changed,
        **_about_practice(team, found),
    }
    state = key and (key.public_id, key.held_at, key.status, key.probe_at)
    return page_or_fragment(
        request, "keys/detail.html", "keys/_key.html", context, status=status, stamp=[state, waiting, team.environment]
    )


def _revoke_words(waiting: int) -> str:
    leads = counted(waiting, "waits for it and stays safe in the queue", "wait for it and stay safe in the queue")
    return f"The portal forgets the key and sends nothing until there is another one. {leads or 'No lead waits now.'}"


def _about_practice(team: Team, found: dict[str, BreakcoldKey]) -> dict[str, Any]:
    """What the switch between Breakcold and the sandbox says, with the leads that wait on the other side of it."""
    stay = _waiting(team, Environment.LIVE, "waits and still goes to Breakcold", "wait and still go to Breakcold")
    return {
        "live_key": found.get(Environment.LIVE),
        "practice_key": found.get(Environment.SANDBOX),
        "live_waiting": stay,
        "practice_waiting": _waiting(team, Environment.SANDBOX, "waits for the sandbox", "wait for the sandbox"),
        "practice_words": f"Everyone in the team practises until an admin switches back. {stay}".strip(),
    }


def _hold(team: Team, seen: str, actor: Actor) -> str:
    key = keys.hold_key(team=team, seen=seen, actor=actor)
    waiting = _waiting(team, key.environment, "waits and is safe", "wait and are safe")
    return f"The queue is held. {waiting} Now make the new key in Breakcold and paste it here."


def _release(team: Team, seen: str, actor: Actor) -> str:
    key = keys.release_key(team=team, seen=seen, actor=actor)
    return f"The queue goes on with the key that ends in {key.last4}."


def _revoke(team: Team, seen: str, actor: Actor) -> str:
    waiting = counted(
        keys.revoke_key(team=team, seen=seen, actor=actor), "waits for another one", "wait for another one"
    )
    return f"The key is revoked and forgotten here. {waiting} Delete it in Breakcold too: there it still works."


def _check(team: Team, seen: str, actor: Actor) -> str:
    key = next((key for key in keys.find_live_and_practice(team).values() if str(key.public_id) == seen), None)
    if key is None:
        raise NotPossible("This key is not in use any more. Below is what the team has now.")
    owner = check.check(key, actor=actor).owner_label
    return f"It works. Breakcold says it belongs to {owner}." if owner else "It works."


def _practice(team: Team, seen: str, actor: Actor) -> str:
    keys.set_environment(team=team, environment=Environment.SANDBOX, actor=actor)
    waiting = _waiting(team, Environment.LIVE, "still goes to Breakcold", "still go to Breakcold")
    return f"The team practises: new leads go to the sandbox. {waiting}".strip()


def _live(team: Team, seen: str, actor: Actor) -> str:
    keys.set_environment(team=team, environment=Environment.LIVE, actor=actor)
    waiting = _waiting(team, Environment.SANDBOX, "still goes to the sandbox", "still go to the sandbox")
    return f"The team is live: new leads go to Breakcold. {waiting}".strip()


DEEDS: dict[str, Do] = {
    "hold": _hold,
    "release": _release,
    "revoke": _revoke,
    "check": _check,
    "practice": _practice,
    "live": _live,
}


#: What makes nothing safer is asked about again; stopping things is not.
NEED_CONFIRMATION = frozenset({"release", "live"})


@require_POST
@signed_in
def key_act(request: HttpRequest, team: str, deed: str) -> HttpResponse:
    """Hold, release, revoke, check, practise, go live: a click each."""
    membership = get_admin_for(request, team)
    if deed not in DEEDS:
        raise Http404("no such deed")
    if deed in NEED_CONFIRMATION and not step_up.is_recent(request):
        return step_up.ask(request)
    environment = _environment(request, membership.team)
    try:
        done = DEEDS[deed](membership.team, request.POST.get("seen", ""), actor_of(request))
    except NotPossible as exc:
        return _page(request, membership, environment, changed=str(exc), status=422)
    messages.success(request, done)
    if deed in ("practice", "live"):
        environment = membership.team.environment
    return redirect_to(request, _url(membership.team, environment))
