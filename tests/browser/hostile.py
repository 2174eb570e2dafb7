"""Fills a running portal with hostile texts, and lists the pages that show them: ``python -m tests.browser.hostile``.

Runs with the settings of that portal. Each text goes into every field of a lead, its attributes, and whatever else of
a team has a name, past all rules of the form; ``--every N`` takes each Nth text alone. Prints the pages as JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from leads.breakcold.fields import FIELDS, AttributeKind, Kind  # noqa: E402
from leads.models import (  # noqa: E402
    BreakcoldKey,
    CustomAttribute,
    DeliveryAttempt,
    PickerOption,
    ReviewComment,
    Submission,
    Team,
    User,
)
from leads.models.attempts import AttemptPurpose  # noqa: E402
from leads.models.teams import DuplicatePolicy, Environment, Role  # noqa: E402
from leads.services import drafts, keys, members, submissions, teams, tokens  # noqa: E402
from leads.states import State  # noqa: E402
from tests.factories import OPERATOR, actor_for, make_preset, make_ready_import  # noqa: E402
from tests.portal import email_of  # noqa: E402

from .payloads import PAYLOADS  # noqa: E402

EACH = 50  # texts a team: as many leads as one page shows
READER = "reader"
NAMES = [field.name for field in FIELDS if field.kind is not Kind.ATTRIBUTES]


def fill(texts: list[str]) -> dict[str, Any]:
    password = uuid4().hex
    reader = User.objects.create_user(email_of(READER), password)
    pages: list[tuple[str, str]] = []
    for start in range(0, len(texts), EACH):
        with transaction.atomic():
            pages += fill_team(f"hostile-{start}", texts[start : start + EACH], reader)
    return {"pages": pages, "password": password, "texts": len(texts), "fields": len(FIELDS)}


def fill_team(slug: str, texts: list[str], reader: User) -> list[tuple[str, str]]:
    """Returns (what is shown, path) of each page; the first text names what there is one of."""
    team = teams.create_team(slug=slug, name=texts[0][:100], reviews=True, actor=OPERATOR)
    Team.objects.filter(pk=team.pk).update(duplicate_policy=DuplicatePolicy.ALLOW)
    team.refresh_from_db()
    members.add_member(team=team, email=reader.email, role=Role.ADMIN, actor=OPERATOR)
    author = members.add_member(team=team, email=f"author@{slug}.example", actor=OPERATOR, role=Role.MEMBER).user
    User.objects.filter(pk=author.pk).update(name=texts[-1][:100])
    key = keys.set_key(
        team=team, plain=keys.new_sandbox_key(), environment=Environment.SANDBOX, check=False, actor=OPERATOR
    )
    name_everything(team, texts)
    return list(pages_of(team, texts, reader, author, key))


def name_everything(team: Team, texts: list[str]) -> None:
    options = [
        PickerOption(
            team=team, environment=team.environment, kind=kind, external_id=text, name=text, color=text[:30],
            list_id=texts[0] if kind == "status" else "", position=number,
        )
        for kind in ("list", "status", "tag", "owner")
        for number, text in enumerate(texts)
    ]  # fmt: skip
    PickerOption.objects.bulk_create(options)
    attributes = [
        CustomAttribute(
            team=team, environment=team.environment, external_id=f"a{number}", name=texts[number % len(texts)],
            kind=kind.value, options=[{"id": text, "name": text} for text in texts], position=number,
        )
        for number, kind in enumerate(AttributeKind)
    ]  # fmt: skip
    CustomAttribute.objects.bulk_create(attributes)
    tokens.issue_token(team=team, name=texts[0][:100], actor=OPERATOR)
    make_preset(team, name=texts[-1][:100])


def values_of(text: str) -> dict[str, Any]:
    lists = {field.name for field in FIELDS if field.kind is Kind.OPTIONS}
    values: dict[str, Any] = {name: [text] if name in lists else text for name in NAMES}
    return values | {"attributes": {f"a{number}": text for number in range(len(AttributeKind))}}


def pages_of(team: Team, texts: list[str], reader: User, author: User, key: BreakcoldKey) -> Iterator[tuple[str, str]]:
    place = f"/t/{team.slug}"
    for number, text in enumerate(texts):
        waiting = enter(team, text, author)
        submissions.correct(submission=waiting, values=values_of(f"{text} "), actor=actor_for(reader))
        ReviewComment.objects.create(submission=waiting, author=author, text=text)
        stuck = enter(team, text, author)
        strand(stuck, text, State.UNKNOWN if number % 2 else State.FAILED, key)
        typed = {name: [text] for name in (*NAMES, *(f"attributes.a{each}" for each in range(len(AttributeKind))))}
        draft = drafts.save(team=team, typed=typed, one_time_key=uuid4(), actor=actor_for(reader))
        assert draft is not None
        yield "review", f"{place}/review/?lead={waiting.public_id}"
        yield "lead", f"{place}/submissions/{(waiting if number % 2 else stuck).public_id}/"
        yield "form", f"{place}/submissions/drafts/{draft.public_id}/"
    rows = [[text] * len(NAMES) for text in texts]
    made = make_ready_import(team, reader, *rows, headings=[field.label for field in FIELDS if field.name in NAMES])
    for path in ("", "mapping/", "rows/"):
        yield "import", f"{place}/imports/{made.public_id}/{path}"
    for page in (1, 2):
        yield "list", f"{place}/submissions/?page={page}"
    yield "attention", f"{place}/attention/"
    for page in range(1, 5):
        yield "audit", f"{place}/audit/?page={page}"
    for path in ("settings/pickers/", "settings/attributes/", "settings/tokens/", "settings/presets/", "reports/", ""):
        yield "team", f"{place}/{path}"


def enter(team: Team, text: str, author: User) -> Submission:
    return submissions.enter(team=team, values=values_of(text), actor=actor_for(author)).submission


def strand(lead: Submission, text: str, state: State, key: BreakcoldKey) -> None:
    """As Breakcold's own words would leave it, were they hostile."""
    issues = [{"field": name, "message": text} for name in ("email", text)]
    problem = {"kind": "refused", "message": text, "status": 400, "issues": issues}
    Submission.objects.filter(pk=lead.pk).update(state=state, problem=problem)
    DeliveryAttempt.objects.create(
        submission=lead, key=key, token=uuid4(), purpose=AttemptPurpose.LOOK_UP, started_at=timezone.now(),
        outcome="several", http_status=200, excerpt=text,
        similar=[{"id": text, "first_name": text, "email": text, "company": text}],
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    print(json.dumps(fill(PAYLOADS[:: parser.parse_args().every])))


if __name__ == "__main__":
    main()
