"""Where a benchmark takes place: a whole portal, or Django in this process, in a folder and a database of their own."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from leadportal import bootstrap
from tests.portal import Portal, own_database, running_portal

NOBODY_THERE = "http://127.0.0.1:9/rest"


@contextmanager
def portal_of_its_own() -> Iterator[Portal]:
    """A running portal, whose sandbox takes leads as fast as they come."""
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        own_database(),
        running_portal(Path(folder)) as portal,
    ):
        portal.tell_sandbox("limits", limit=None)
        yield portal


@contextmanager
def django_of_its_own(sandbox_url: str = NOBODY_THERE) -> Iterator[Path]:
    """Django in this process, once, with a data folder and an empty database of its own, but no worker."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name, own_database():
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "leadportal.settings",
            "PORTAL_DATA_DIR": name,
            "BREAKCOLD_SANDBOX_URL": sandbox_url,
        }
        bootstrap.make_secrets(Path(name) / "secrets.env")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield Path(name)


def signed_in(portal: Portal) -> tuple[requests.Session, str]:
    """A member of the demo team, and the token their forms carry."""
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{portal.url}/accounts/login/", timeout=30).text
    token = _token(page)
    data = {"login": "member@demo.example", "password": portal.passwords["member"], "csrfmiddlewaretoken": token}
    session.post(f"{portal.url}/accounts/login/", data=data, timeout=30).raise_for_status()
    return session, _token(session.get(f"{portal.url}/t/demo/submissions/new/", timeout=30).text)


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("no form on the page")
    return found.group(1)
