from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from leads.audit import OPERATOR
from leads.models.teams import Environment, Role
from leads.services import keys, members, teams


class Command(BaseCommand):
    help = "Make a demo team wired to the practice sandbox, and say how to sign in to it."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str:
        try:
            team = teams.create_team(slug="demo", name="Demo team", actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        keys.set_key(
            team=team, plain=keys.new_sandbox_key(), environment=Environment.SANDBOX, check=False, actor=OPERATOR
        )
        lines = ["Sign in with one of these:"]
        for role in Role:
            email, password = f"{role.value}@demo.example", secrets.token_urlsafe(9)
            members.add_member(team=team, email=email, role=role, password=password, actor=OPERATOR)
            lines.append(f"  {email:<24} password {password}")
        text = "\n".join(lines)
        note = settings.PORTAL_DATA_DIR / "demo-sign-in.txt"
        note.touch(mode=0o600)
        note.write_text(f"{text}\n")
        return f"{text}\n  (also kept in {note})"
