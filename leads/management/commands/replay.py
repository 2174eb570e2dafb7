from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models import Submission, Team
from leads.services import submissions, teams
from leads.states import State

from ._teams import get_team

LISTED_AT_MOST = 1_000


class Command(BaseCommand):
    help = "Send leads again that were put aside: named ones, or all. With neither, lists them and sends nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("references", nargs="*", metavar="REFERENCE", help="such as L-7K3F9QX2")
        parser.add_argument("--all", action="store_true", help="every one that was put aside, oldest first")

    def handle(self, *args: Any, slug: str, references: list[str], all: bool, **options: Any) -> None:
        team = get_team(slug)
        if all and references:
            raise CommandError("Name leads, or say --all: not both.")
        parked = Submission.objects.for_team(team).parked().select_related("team").order_by("pk")
        if not all and not references:
            self._list(list(parked[:LISTED_AT_MOST]))
            return
        refused = 0
        wanted = [*parked] if all else [_named(team, reference) for reference in dict.fromkeys(references)]
        for lead in wanted:
            try:
                _replay(lead)
            except teams.NotPossible as exc:
                refused += 1
                self.stderr.write(f"{lead.reference}: {exc}")
        self.stdout.write(f"{len(wanted) - refused} in the queue again.")
        if refused:
            raise CommandError(f"{refused} could not be sent again.")

    def _list(self, leads: list[Submission]) -> None:
        for lead in leads:
            problem = lead.problem or {}
            at = lead.finished_at.strftime("%Y-%m-%d %H:%M") if lead.finished_at else ""
            self.stdout.write(f"{lead.reference}  {at}  {problem.get('kind', '')}: {problem.get('message', '')}")
        self.stdout.write(f"{len(leads)} put aside. “replay SLUG --all” sends them again.")


def _named(team: Team, reference: str) -> Submission:
    rows = Submission.objects.for_team(team).select_related("team")
    found: Submission | None = rows.filter(reference=reference.upper()).first()
    if found is None:
        raise CommandError(f"{team.slug} has no lead {reference}. Nothing was sent.")
    return found


def _replay(lead: Submission) -> None:
    """Only what is surely not in Breakcold: of the others a person says on the lead's page what they know."""
    if lead.state == State.UNKNOWN or (lead.problem or {}).get("kind") == "unknown":
        raise teams.NotPossible("Nobody knows whether it is in Breakcold. Settle it on its page.")
    submissions.retry(submission=lead, actor=OPERATOR)
