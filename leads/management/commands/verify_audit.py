from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from leads import audit
from leads.models import AuditEntry, Team

from ._teams import get_team


class Command(BaseCommand):
    help = "Check the audit chains. Exit 0 when all are whole, 1 when one is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", help="only this one")

    def handle(self, *args: Any, team: str | None, **options: Any) -> None:
        teams = [get_team(team)] if team else list(Team.objects.order_by("slug"))
        broken = [row for row in teams if not self._check(row)]  # look at all of them
        if broken:
            sys.exit(1)

    def _check(self, team: Team) -> bool:
        findings = list(audit.verify(team))
        for finding in findings:
            self.stdout.write(f"{team.slug}: entry {finding.sequence}: {finding.problem}")
        if not findings:
            count = AuditEntry.objects.filter(team=team).count()
            self.stdout.write(f"{team.slug}: {count} entries, the chain is whole.")
        return not findings
