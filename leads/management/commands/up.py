"""Everything on one machine: database, static files, demo team, then sandbox, worker and web server until stopped."""

import argparse
import errno
import fcntl
import hashlib
import http.client
import io
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from leadportal.supervisor import Child, Supervisor, say
from leads.models import Team

PORT_SECONDS = 15  # how long the processes of a killed run may need to let go of the port
READY_SECONDS = 60  # after this without an answer, say so
WORKER_STOP_SECONDS = 25  # enough to finish the call a worker is in
WEB_STOP_SECONDS = 8
SANDBOX_PORTS = 50  # tried one after the other, from the web port on


class Command(BaseCommand):
    help = "Set everything up and run the portal, a worker and the Breakcold sandbox until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="port of the portal (default: 8000)")
        parser.add_argument("--no-demo", action="store_true", help="do not make a demo team in an empty database")

    def handle(self, *args: Any, port: int, no_demo: bool, **options: Any) -> None:
        with take_lock(settings.PORTAL_DATA_DIR / "up.lock") as lock:
            was_killed = bool(lock.read())
            write_over(lock, str(os.getpid()))
            try:
                wait_for_port(port, patient=was_killed)
                prepare_database()
                collect_static(settings.PORTAL_DATA_DIR / "static.stamp")
                demo = "" if no_demo else make_demo()
                run(port, is_first=bool(demo))
            finally:
                write_over(lock, "")


def port_number(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65535:  # the sandbox needs one above it
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port between 1 and 65534")


# One at a time


def take_lock(path: Path) -> IO[str]:
    """The open lock file. What an earlier run left in it says that this run was killed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.open("a+")
    lock.seek(0)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = lock.read()
        lock.close()
        sys.exit(f"The portal already runs from this folder (process {pid}): use that one, or stop it first.")
    return lock


def write_over(lock: IO[str], text: str) -> None:
    lock.truncate(0)
    lock.write(text)
    lock.flush()


def wait_for_port(port: int, *, patient: bool) -> None:
    if is_free(port):
        return
    if patient:
        say("Waiting for the processes of an earlier run to stop ...")
        give_up = time.monotonic() + PORT_SECONDS
        while time.monotonic() < give_up:
            time.sleep(0.2)
            if is_free(port):
                return
    sys.exit(f"Another program uses port {port}: choose a different one with --port.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that just closed do not count
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            sys.exit(f"Cannot listen on port {port} ({error.strerror}): choose a different one with --port.")
    return True


# Before the first process starts


def prepare_database() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def collect_static(stamp_file: Path) -> None:
    stamp = static_stamp()
    if Path(settings.STATIC_ROOT).is_dir() and stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    say("Collecting static files ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp_file.write_text(stamp)


def static_stamp() -> str:
    """Changes when any static file is added, removed or edited, or is to be stored differently."""
    digest = hashlib.sha256(repr((str(settings.STATIC_ROOT), settings.STORAGES)).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(repr((name, status.st_mtime_ns, status.st_size)).encode())
    return digest.hexdigest()


def make_demo() -> str:
    """The sign-ins of a demo team, made when the database holds nobody yet; else an empty text."""
    if Team.objects.exists() or get_user_model().objects.exists():
        return ""
    sign_ins = call_command("makedemo", stdout=io.StringIO())
    say(f"\nMade a demo team. {sign_ins.strip()}")
    return sign_ins


# The three processes


def run(port: int, *, is_first: bool) -> None:
    sandbox_port = free_port_after(port)
    environ = {
        **os.environ,
        "PORTAL_URL": os.environ.get("PORTAL_URL") or f"http://localhost:{port}",
        "BREAKCOLD_SANDBOX_URL": f"http://127.0.0.1:{sandbox_port}/rest",
    }
    (settings.PORTAL_DATA_DIR / "sandbox.url").write_text(environ["BREAKCOLD_SANDBOX_URL"])  # for other commands
    ledger = settings.PORTAL_DATA_DIR / "sandbox.jsonl"
    children = [
        Child("web", manage("web", "--port", str(port)), stop_seconds=WEB_STOP_SECONDS),
        Child("worker", manage("worker"), stop_seconds=WORKER_STOP_SECONDS),
        Child("sandbox", manage("sandbox", "--port", str(sandbox_port), "--ledger", str(ledger))),
    ]
    url = environ["PORTAL_URL"]
    text = welcome(url, port, sandbox_port, is_first=is_first)
    threading.Thread(target=announce, args=(port, urlsplit(url).netloc, text), daemon=True).start()
    connection.close()
    Supervisor(children, environ).run()
    say("Stopped.")


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def free_port_after(port: int) -> int:
    last = min(port + SANDBOX_PORTS, 65535)
    for candidate in range(port + 1, last + 1):
        if is_free(candidate):
            return candidate
    sys.exit(f"No port from {port + 1} to {last} is free for the sandbox: choose a different one with --port.")


def announce(port: int, host: str, text: str) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while not is_healthy(port, host):
        if time.monotonic() > give_up:
            say("The portal does not answer yet; the lines above may say why.")
            give_up = float("inf")
        time.sleep(0.1)
    say(text)


def is_healthy(port: int, host: str) -> bool:
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        web.request("GET", "/healthz", headers={"Host": host})
        return web.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()


def welcome(url: str, port: int, sandbox_port: int, *, is_first: bool) -> str:
    ready = f"The lead portal is ready: {url}"
    if not url.endswith(f"//localhost:{port}"):
        ready += f" (listening on http://127.0.0.1:{port})"
    sandbox = f"http://127.0.0.1:{sandbox_port}/"
    if not is_first:
        return f"{ready}\nSandbox: {sandbox}   Stop: Ctrl-C"
    return f"""
{ready}

The demo team sends to a Breakcold sandbox on this machine; see what arrived there: {sandbox}
To go live, in another terminal (README.md explains each step):
  python3 manage.py createteam acme --name "Acme"
  python3 manage.py addmember acme you@example.com --role admin --password-stdin
  python3 manage.py setkey acme
Stop everything with Ctrl-C.
"""
