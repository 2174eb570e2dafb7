"""How the review queue page answers with 10, 50 and 10,000 leads waiting: queries, times, and the ratios of the times.

    .venv/bin/python -m bench.review_queue

Runs in a database of its own in a folder it removes again, or on the PostgreSQL server of DATABASE_URL.
"""

from __future__ import annotations

import statistics
import time

from .places import django_of_its_own

TEN, FIFTY, MANY = 10, 50, 10_000
ROUNDS = 40


def main() -> None:
    with django_of_its_own():
        measure()


def measure() -> None:
    """The pages in turn, so that whatever else the machine does falls on all of them."""
    from django.db import connection

    pages = {count: a_team_with(count) for count in (TEN, FIFTY, MANY)}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    asked = {
        **{f"{count:>6,} waiting": page for count, page in pages.items()},
        f"{MANY:>6,}, the last open": (*pages[MANY][:2], last_of(MANY)),
    }
    found = {label: ask(*page) for label, page in asked.items()}
    seconds: dict[str, list[float]] = {label: [] for label in asked}
    for _ in range(ROUNDS):
        for label, (client, url, query) in asked.items():
            begun = time.perf_counter()
            client.get(url + query)
            seconds[label].append(time.perf_counter() - begun)
    middle = {label: statistics.median(times) for label, times in seconds.items()}
    base = middle[f"{FIFTY:>6,} waiting"]
    for label, (queries, size) in found.items():
        ratio = f"{middle[label] / base:.2f} x fifty"
        print(f"{label:<24} {queries} queries, {middle[label] * 1000:5.1f} ms, {size / 1000:.0f} kB, {ratio}")


def ask(client, url: str, query: str) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    """How many queries the page takes, and how long it is in bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url + query)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url + query)
    assert answer.status_code == 200, answer.status_code
    return len(captured), len(answer.content)


def last_of(count: int) -> str:
    from leads.models import Submission

    rows = Submission.objects.filter(team__slug=f"team-{count}").order_by("-review_since", "-pk")
    return f"?lead={rows.values_list('public_id', flat=True)[0]}"


def a_team_with(count: int):  # type: ignore[no-untyped-def]
    """A reviewer's browser, the address of the queue and what to ask of it, with this many leads waiting."""
    from datetime import timedelta
    from uuid import uuid4

    from django.test import Client
    from django.utils import timezone

    from leads.audit import OPERATOR, Actor, ActorKind
    from leads.models import Submission
    from leads.models.submissions import Door, new_reference
    from leads.services import submissions, teams
    from leads.services.members import add_member

    slug = f"team-{count}"
    team = teams.create_team(slug=slug, name=slug, reviews=True, actor=OPERATOR)
    people = [
        add_member(team=team, email=f"{role}@{slug}.example", role=role, actor=OPERATOR)
        for role in ("member", "reviewer")
    ]
    member, reviewer = (row.user for row in people)
    actor = Actor(kind=ActorKind.USER, door=Door.FORM, user=member)
    first = submissions.enter(team=team, values={"email": "first@example.com"}, actor=actor).submission
    begun, copies = timezone.now() - timedelta(days=2), []
    for number in range(1, count):
        copy = Submission(**{field.attname: getattr(first, field.attname) for field in first._meta.concrete_fields})
        copy.pk, copy.public_id, copy.one_time_key, copy.reference = None, uuid4(), uuid4(), new_reference()
        copy.email_key = copy.title = f"{number}@example.com"
        copy.values, copy.review_since = {"email": copy.title}, begun + timedelta(seconds=number)
        copies.append(copy)
    Submission.objects.bulk_create(copies, batch_size=500)
    Submission.objects.filter(pk=first.pk).update(review_since=begun)
    client = Client(HTTP_HOST="localhost")
    client.force_login(reviewer)
    return client, f"/t/{slug}/review/", ""


if __name__ == "__main__":
    main()
