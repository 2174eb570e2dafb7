from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from leads import backups


class Command(BaseCommand):
    help = "Write everything in the database into one file, as it is at this moment, while the portal goes on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--force", action="store_true", help="write over a file that is there")

    def handle(self, *args: Any, file: str, force: bool, **options: Any) -> None:
        path = Path(file).absolute()
        if path.exists() and not force:
            raise CommandError(f"{path} is there already. Name another file, or write over it with --force.")
        if path.is_dir():
            raise CommandError(f"{path} is a folder: name a file in it.")
        try:
            backups.take(path)
        except backups.Unusable as exc:
            raise CommandError(str(exc)) from None
        except Error:
            raise CommandError("The database does not answer.") from None
        except OSError as exc:
            raise CommandError(f"{path} cannot be written: {exc.strerror}.") from None
        self.stdout.write(
            f"{path} holds everything in the database: keep it as you keep the leads themselves.\n"
            "The secrets (secrets.env) are not in it. Without them no Breakcold key in it can be opened and no audit"
            " chain verified: keep a copy of them elsewhere."
        )
