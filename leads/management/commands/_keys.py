"""What the commands about a key begin with."""

from __future__ import annotations

from django.core.management.base import CommandError, CommandParser

from leads.models import BreakcoldKey
from leads.models.teams import Environment
from leads.services import keys

from ._teams import get_team


def add_key_arguments(parser: CommandParser) -> None:
    parser.add_argument("slug")
    parser.add_argument(
        "--sandbox", action="store_true", help="the team's key of the practice sandbox, not the live one"
    )


def get_key(slug: str, *, sandbox: bool) -> BreakcoldKey:
    """The key of the team with this slug, or a refusal."""
    key = keys.find_key(get_team(slug), Environment.SANDBOX if sandbox else Environment.LIVE)
    if key is None:
        raise CommandError(f"{slug} has no {'practice' if sandbox else 'live'} key.")
    return key
