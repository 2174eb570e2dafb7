"""Forks portal processes that have everything imported already, so that a thousand can be started and killed.

Reads one JSON line for each process from standard input: ``{"arguments": ["worker"], "log": FILE, "point": NAME,
"passes": N}``; answers with its process id. A child leads a session of its own, runs what ``manage.py`` would run, and
leaves its exit code in ``FILE.exit``. The children end when this process does, and this one when its input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

STOP_SECONDS = 20


def main() -> None:
    import django

    django.setup()
    from granian.server import Server  # noqa: F401  (imported once, not in each child)

    import leads.urls  # noqa: F401  (the pages, which a web process else imports for its first answer)
    from leadportal import lifeline
    from leads.management.commands import web, worker  # noqa: F401

    from . import clock

    clock.from_environment().install()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: no zombies
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        ticket = lifeline.ticket(STOP_SECONDS)
        pid = os.fork()
        if pid == 0:
            os.environ[lifeline.VARIABLE] = ticket
            _be_born(order)
        print(pid, flush=True)


def _be_born(order: dict[str, Any]) -> None:
    """Never returns."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        code = _run(order)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with open(f"{order['log']}.exit", "w") as file:
            file.write(str(code))
        os._exit(code)


def _run(order: dict[str, Any]) -> int:
    from django.core.management import call_command

    from leadportal import lifeline

    from . import failpoints

    lifeline.follow_parent()
    if order.get("point"):
        failpoints.install(order["point"], order["passes"])
    try:
        call_command(*order["arguments"])
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


if __name__ == "__main__":
    main()
