"""The questions every page answers, as assertions."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from leads.models import AuditEntry

from .conftest import HTMX, Browser
from .page import parse


def asks_to_sign_in(nobody: Browser, name: str, *args: Any) -> None:
    """A page asked for without a session leads to the sign-in and from there back to it."""
    response = nobody.get(name, *args, query="?page=2")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=" + quote(nobody.url(name, *args) + "?page=2")


def hands_everything_back(nobody: Browser, name: str, *args: Any) -> None:
    """What is posted without a session comes back whole, to be sent again to the same address."""
    typed = {"email": 'a"b@example.com', "tags": ["one", "two"], "icebreaker": "first\r\nsecond", "odd <name>": "é\t"}
    response = nobody.post(name, *args, data=typed)
    assert response.status_code == 403
    form = parse(response).one("form", method="post")
    sent = form.sends()
    assert sent.pop("csrfmiddlewaretoken")
    assert form.attrs["action"] == nobody.url(name, *args)
    assert sent == {key: value if isinstance(value, list) else [value] for key, value in typed.items()}


def tells_htmx_among_the_notices(nobody: Browser, method: str, name: str, *args: Any) -> None:
    """htmx is told that the session is over, and the page it came from stays as it is."""
    response = getattr(nobody, method)(name, *args, headers=HTMX)
    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (401, "#notices", "innerHTML")
    assert "<html" not in response.content.decode()


def hides_other_teams(stranger: Browser, method: str, name: str, *args: Any) -> None:
    """Somebody else's team does not exist, whatever is sent along."""
    for headers in ({}, HTMX):
        assert getattr(stranger, method)(name, *args, headers=headers).status_code == 404


def rejects(browser: Browser, verbs: str, name: str, *args: Any) -> None:
    """Other verbs are refused and change nothing."""
    before = AuditEntry.objects.count()
    for verb in verbs.split():
        response = browser.client.generic(verb, browser.url(name, *args))
        assert response.status_code == 405, verb
    assert AuditEntry.objects.count() == before


def gives_htmx_the_fragment(browser: Browser, root: str, name: str, *args: Any) -> None:
    """htmx gets only the element it swaps, which is the very one in the page, and caches keep the two apart."""
    page, fragment = browser.get(name, *args), browser.get(name, *args, headers=HTMX)
    assert (page.status_code, fragment.status_code) == (200, 200)
    roots = [child for child in parse(fragment).children if not isinstance(child, str)]
    assert [element.attrs.get("id") for element in roots] == [root]
    assert "<html" not in fragment.content.decode()
    assert parse(page).one(id=root).tag == roots[0].tag
    for response in (page, fragment):
        assert {"HX-Request", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
        assert response["Cache-Control"] == "no-store"


def answers_head(browser: Browser, name: str, *args: Any) -> None:
    response = browser.client.head(browser.url(name, *args))
    assert (response.status_code, response.content) == (200, b"")
