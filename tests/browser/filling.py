"""Fills a running portal with something of everything, and lists its pages: ``python -m tests.browser.filling``.

Runs with the settings of that portal (see ``scenes.py``) and prints what it made as JSON: a team that was just made,
one with leads in every state and every kind of settings, and people of its own, so that the demo team stays as it is.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import Resolver404, resolve  # noqa: E402
from django.utils import timezone  # noqa: E402

from leads.breakcold.sandbox.world import make_world  # noqa: E402
from leads.models import CustomAttribute, PickerOption, Submission, Team, User  # noqa: E402
from leads.models.teams import DuplicatePolicy, Environment, Role  # noqa: E402
from leads.services import (  # noqa: E402
    drafts,
    invitations,
    keys,
    members,
    saved_views,
    submissions,
    teams,
    tokens,
    webhooks,
)
from leads.states import State  # noqa: E402
from leads.views.errors import server_error  # noqa: E402
from tests.browser.filling_imports import fill_imports  # noqa: E402
from tests.factories import OPERATOR, actor_for, make_preset, make_row  # noqa: E402
from tests.portal import email_of  # noqa: E402
from tests.views.every_url import every_url  # noqa: E402

TRIES = 4  # of each kind of address; what takes nothing but a POST is no page
FULL = "full"
EMPTY = "empty"
#: Who there is, by what stands before the @ in their address.
PEOPLE = {"rep": Role.MEMBER, "checker": Role.REVIEWER, "boss": Role.ADMIN}
LEADS: tuple[dict[str, Any], ...] = (
    {
        "first_name": "Sam",
        "last_name": "Sample",
        "company": "Example Brewing Ltd",
        "company_role": "Head of Purchasing",
    },
    {"first_name": "Robin", "last_name": "Placeholder", "company": "Example Bakery", "phone": "+35315550100"},
    {"company": "Example Roasters and Importers of Fine Coffees from Three Continents, Limited"},
    {"first_name": "Alex", "company": "Example Dairy", "website_url": "https://dairy.example/a/rather/long/address"},
)
#: What a lead in each state carries besides its values.
CARRIED: dict[State, dict[str, Any]] = {
    State.CREATED: {"breakcold_id": "7d3f2a10-5f0e-4d57-9a54-1f2b3c4d5e6f"},
    State.FAILED: {
        "problem": {
            "kind": "refused",
            "message": "The email was refused.",
            "issues": [{"field": "email", "message": "This email was refused"}],
        }
    },
    State.UNKNOWN: {"problem": {"kind": "unknown", "message": "The answer broke off half-way."}},
}


@transaction.atomic
def fill() -> dict[str, Any]:
    """Make the team; returns what the pages' list needs."""
    team = teams.create_team(slug=FULL, name="Example team with a rather long name", reviews=True, actor=OPERATOR)
    Team.objects.filter(pk=team.pk).update(duplicate_policy=DuplicatePolicy.ALLOW)
    team.refresh_from_db()
    empty = teams.create_team(slug=EMPTY, name="Example team", actor=OPERATOR)
    passwords = {name: uuid4().hex for name in (*PEOPLE, "operator")}
    people = {}
    for name, role in PEOPLE.items():
        email = email_of(name)
        people[role] = User.objects.create_user(email, passwords[name])
        for place in (team, empty):
            members.add_member(team=place, email=email, role=role, actor=OPERATOR)
    User.objects.create_superuser(email_of("operator"), passwords["operator"])
    keys.set_key(team=team, plain=keys.new_sandbox_key(), environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    teams_rows(team)
    leads = enter_leads(team, people)
    _, invited = invitations.invite(
        team=team, email="new@demo.example", role=Role.MEMBER, actor=actor_for(people[Role.ADMIN])
    )
    imports = fill_imports(team, people)
    return {"leads": leads, "imports": imports, "invited": invited, "passwords": passwords}


def teams_rows(team: Team) -> None:
    """Options, attributes, presets, tokens and a webhook."""
    world = make_world()
    for kind, name in {"list": "lists", "status": "status", "tag": "tags", "owner": "members"}.items():
        for position, row in enumerate(world[name]):
            PickerOption.objects.create(
                team=team,
                environment=team.environment,
                kind=kind,
                external_id=row["id"],
                name=row.get("full_name") or row.get("name") or row["handle"],
                color=row.get("color", ""),
                list_id=row.get("id_list", ""),
                position=position,
                is_gone=position == 2 and kind == "tag",
            )
    for position, row in enumerate(world["attributes"]):
        CustomAttribute.objects.create(
            team=team,
            environment=team.environment,
            external_id=row["id"],
            name=row["name"],
            kind=row["type"],
            is_multiple=row["isMultiSelect"],
            options=row["select_options"],
            position=position,
        )
    make_preset(team, make_row("email", "required"), make_row("company"), make_row("tags"), name="Trade fair")
    make_preset(team, make_row("first_name"), make_row("email"), name="Short", is_default=True)
    tokens.issue_token(team=team, name="Website form", actor=OPERATOR)
    address = "https://9.9.9.9/services/leads"  # public, as it has to be; switched off before anything happens
    webhook, _ = webhooks.add_webhook(
        team=team, name="Sales channel", kind="text", address=address, events=["lead.created"], actor=OPERATOR
    )
    webhooks.switch_off(webhook=webhook, actor=OPERATOR)


def enter_leads(team: Team, people: dict[Role, User]) -> dict[str, str]:
    """Three leads in each state; returns the public id of one of each."""
    found = {}
    tags = list(team.picker_options.filter(kind="tag").values_list("external_id", flat=True)[:3])
    member, reviewer = actor_for(people[Role.MEMBER]), actor_for(people[Role.REVIEWER])
    for number, state in enumerate([*State] * 3):
        values = {**LEADS[number % len(LEADS)], "email": f"lead{number}@example.com", "tags": tags}
        lead = submissions.enter(team=team, values=values, actor=member).submission
        if state == State.CHANGES_REQUESTED:
            submissions.send_back(submission=lead, comment="Which of the two shops is it?", actor=reviewer)
        elif state == State.REJECTED:
            submissions.reject(submission=lead, comment="They are a customer already.", actor=reviewer)
        elif state == State.CREATED:
            submissions.correct(
                submission=lead, values={**values, "company": "Example Brewing Limited"}, actor=reviewer
            )
        put_into(lead, state, number)
        found[state.value] = str(lead.public_id)
    for name in ("Aoife", ""):
        typed = {"first_name": [name], "email": ["not an address yet"]}
        drafts.save(team=team, typed=typed, one_time_key=uuid4(), actor=member)
    saved_views.save_view(team=team, name="Lost ones", query="state=failed", actor=member)
    return found


def put_into(lead: Submission, state: State, number: int) -> None:
    """As the worker would have left it, so that nothing of it moves while it is looked at."""
    later = timezone.now() + timedelta(days=1)
    carried = {
        "queued_at": timezone.now(),
        "send_after": later,
        "attempt_token": uuid4() if state == State.SENDING else None,
        "lease_until": later if state == State.SENDING else None,
        **CARRIED.get(state, {}),
    }
    if number % 3 == 1 and state == State.UNKNOWN:
        carried["look_up_at"] = later
    Submission.objects.filter(pk=lead.pk).update(state=state, **carried)


def pages(team: Team, admin: User) -> list[str]:
    """Each address of the team's that shows its admin a page, one of each kind."""
    client = Client(HTTP_HOST=settings.PORTAL_HOST, raise_request_exception=False)
    client.force_login(admin, backend=settings.AUTHENTICATION_BACKENDS[0])
    found: dict[str, str] = {}
    tried: Counter[str] = Counter()
    for url in every_url(team):
        route = ""
        with suppress(Resolver404):  # filled in with something its route does not take
            route = resolve(url).route
        if not route or route in found or url.startswith("/admin/") or tried[route] >= TRIES:
            continue
        answer = client.get(url, secure=settings.SECURE_SSL_REDIRECT)
        tried[route] += TRIES if answer.status_code == 405 else 1
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            found[route] = url
    return list(found.values())


def main() -> None:
    made = fill()
    admin = User.objects.get(email=email_of("boss"))
    listed = {slug: pages(Team.objects.get(slug=slug), admin) for slug in (EMPTY, FULL)}
    broken = server_error(HttpRequest()).content.decode()
    print(json.dumps({**made, "pages": listed, "broken": broken}))


if __name__ == "__main__":
    main()
