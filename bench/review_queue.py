"""How the review queue page answers with 10 and with 10,000 leads waiting, and the ratio of the times.

That the number of queries is the same, tests/views/test_review_queue.py says.

    .venv/bin/python -m bench.review_queue

Runs in a database of its own in a folder it removes again.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FEW, MANY, TIMES = 10, 10_000, 15


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        from leadportal import bootstrap

        os.environ |= {"PORTAL_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "leadportal.settings"}
        os.environ.pop("DATABASE_URL", None)
        bootstrap.make_secrets(Path(folder) / "secrets.env")
        for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
        import django

        django.setup()
        few, many = (measure(count) for count in (FEW, MANY))
    for count, (seconds, size) in ((FEW, few), (MANY, many)):
        print(f"{count:>6,} waiting: {seconds * 1000:.1f} ms, {size / 1000:.0f} kB")
    print(f"ratio of the times: {many[0] / few[0]:.2f}")


def measure(count: int) -> tuple[float, int]:
    """Median seconds and bytes of the page with this many leads waiting."""
    from uuid import uuid4

    from django.test import Client

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
    copies = []
    for number in range(count - 1):
        copy = Submission.objects.get(pk=first.pk) if number == 0 else Submission(**fields_of(copies[0]))
        copy.pk, copy.public_id, copy.one_time_key, copy.reference = None, uuid4(), uuid4(), new_reference()
        copy.email_key, copy.values = f"{number}@example.com", {"email": f"{number}@example.com"}
        copies.append(copy)
    Submission.objects.bulk_create(copies, batch_size=500)
    client = Client(HTTP_HOST="localhost")
    client.force_login(reviewer)
    url = f"/t/{slug}/review/"
    answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    seconds = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        client.get(url)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds), len(answer.content)


def fields_of(row):  # type: ignore[no-untyped-def]
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


if __name__ == "__main__":
    main()
