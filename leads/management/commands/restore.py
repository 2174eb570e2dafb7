from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from leads import audit, backups
from leads.models import Submission, Team


class Command(BaseCommand):
    help = "Put a backup in the place of the database. Nothing is sent afterwards until you say so."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--force", action="store_true", help="although there are teams or people in the database")

    def handle(self, *args: Any, file: str, force: bool, **options: Any) -> None:
        path = Path(file).absolute()
        settings.PORTAL_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with backups.read_file(path, settings.PORTAL_DATA_DIR) as (about, content):
                if backups.is_in_use() and not force:
                    raise CommandError(
                        "There are teams or people in this database. With --force the backup takes their place, and"
                        " they are gone: back them up first."
                    )
                if backups.has_worker():
                    raise CommandError(
                        "A worker runs, or did 20 seconds ago: stop everything first, then wait for half a minute."
                    )
                backups.put_back(about, content)
        except backups.Unusable as exc:
            raise CommandError(str(exc)) from None
        except Error:
            raise CommandError("The database does not answer.") from None
        except OSError as exc:
            raise CommandError(
                f"The backup cannot be taken out into {settings.PORTAL_DATA_DIR}: {exc.strerror}."
            ) from None
        counts = f"{Team.objects.count()} teams, {Submission.objects.count()} leads"
        self.stdout.write(f"Restored {path}, as it was at {about.taken_at}: {counts}. Everybody signs in once more.")
        if not self._chains_are_whole():
            self.stdout.write(
                "Not every audit chain is whole. Either PORTAL_AUDIT_KEY is not the one of the portal that was backed"
                " up (put its secrets.env into the data folder and run verify_audit), or the log was changed. Every"
                " key is held: nothing leaves."
            )
            sys.exit(1)
        self._say_what_is_held()

    def _chains_are_whole(self) -> bool:
        whole = True
        for team in Team.objects.order_by("slug"):
            for finding in audit.verify(team):
                self.stdout.write(f"{team.slug}: entry {finding.sequence}: {finding.problem}")
                whole = False
        return whole

    def _say_what_is_held(self) -> None:
        held, unknown = backups.hold_everything()
        if unknown:
            self.stdout.write(f"{unknown} leads were on their way: they are “not known yet”, and will be looked up.")
        for key in backups.pause_unopenable_keys(held):
            self.stdout.write(
                f"The key …{key.last4} of {key.team.slug} cannot be opened with PORTAL_ENCRYPTION_KEYS: put the"
                " secrets.env of the portal that was backed up into the data folder, or set the key anew with setkey."
            )
        if not held:
            return
        self.stdout.write(
            "The audit chains are whole. Nothing leaves: every key is held, since leads that waited when the backup was"
            " taken may have gone out after it. Look in Breakcold which of them are there, undo those in the portal,"
            " then let each team go on:"
        )
        for each in held:
            sandbox = " --sandbox" if each.key.is_sandbox else ""
            self.stdout.write(
                f"  python3 manage.py holdkey {each.key.team.slug}{sandbox} --release    ({each.waiting} leads wait)"
            )
