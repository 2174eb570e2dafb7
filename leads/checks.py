"""System checks: what would go wrong later, said at start-up."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection

from leads.services import groups


@checks.register()
def data_dir_is_writable(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    folder = settings.PORTAL_DATA_DIR
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    return [checks.Error(f"PORTAL_DATA_DIR ({folder}) cannot be written to.", id="leads.E001")]


@checks.register(checks.Tags.database)
def groups_name_teams_that_exist(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Asked where the database may be: ``migrate``, and ``check --database default``."""
    if "default" not in (databases or ()) or "leads_team" not in connection.introspection.table_names():
        return []
    return [
        checks.Warning(f"OIDC_GROUPS names the team {slug}, which does not exist.", id="leads.W001")
        for slug in groups.unknown_teams()
    ]
