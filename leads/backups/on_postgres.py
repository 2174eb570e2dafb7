"""PostgreSQL's own tools: a dump is one snapshot, and what it is put back with is one transaction."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from .archive import Unusable
from .parts import HOLD_KEYS, LEFT_OUT

LOCK_SECONDS = 20  # for whoever still uses the tables


def copy_out(content: Path) -> None:
    """Write the database into ``content``, without sessions."""
    left_out = [f"--exclude-table-data={table}" for table in LEFT_OUT]
    _run("pg_dump", *_place(), "--format=custom", "--no-owner", "--no-privileges", *left_out, f"--file={content}")


def put_back(content: Path) -> None:
    """Drop the portal's tables, bring those of the copy and hold its keys, all in one transaction."""
    before, script, after = (content.with_suffix(f".{name}.sql") for name in ("before", "script", "after"))
    _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", f"--file={script}", str(content))
    names = ", ".join(connection.ops.quote_name(name) for name in sorted(_own_tables()))
    drop = f"DROP TABLE {names} CASCADE;" if names else ""
    before.write_text(f"SET client_min_messages = warning; SET lock_timeout = '{LOCK_SECONDS}s'; {drop}\n")
    after.write_text(f"RESET search_path; {HOLD_KEYS};\n")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    files = [f"--file={each}" for each in (before, script, after)]
    _run("psql", *_place(), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", *files)


def _own_tables() -> set[str]:
    """Those of the portal, of an older or newer one too; what else is in the database stays."""
    here = set(connection.introspection.table_names())
    known = {"django_migrations", "portal_cache", *connection.introspection.django_table_names()}
    return {name for name in here if name in known or name.startswith("leads_")}


def _place() -> list[str]:
    return _client()[0][1:]  # without the program's name


def _client() -> tuple[list[str], dict[str, str]]:
    """How to reach the database: arguments without a secret, and an environment with it."""
    arguments, environ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return list(arguments), dict(environ or {})


def _run(program: str, *arguments: str) -> None:
    environ = {**os.environ, **_client()[1], "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"}
    command = [program, "--no-password", *arguments] if program != "pg_restore" else [program, *arguments]
    try:
        answer = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Unusable(
            f"{program} is not installed here: install PostgreSQL's client programs, as new as your server."
        ) from None
    if answer.returncode:
        lines = [line for line in answer.stderr.splitlines() if "error" in line.lower()] or ["nothing"]
        raise Unusable(f"{program} could not do it and nothing was changed. It said: {lines[0][:300]}")
