"""What another site, or somebody with a tool instead of a browser, sends to every address there is."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads.breakcold.fields import BY_NAME
from leads.models import Draft, ImportMapping, ImportRow, SavedView, Submission, User
from leads.services import invitations, tokens
from leads.states import State
from leads.urls import team_urls
from tests.factories import OPERATOR, make_preset, make_ready_import, make_submission
from tests.picking import add, add_attribute
from tests.receivers import make_webhook

from .every_url import every_url
from .page import Element, parse
from .test_errors import check_headers

ELSEWHERE = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}
#: Written about the session and the request themselves, whatever is asked for.
OF_THE_REQUEST = {"django_session", "usersessions_usersession", "portal_cache", "leads_gatewayrequest"}


@pytest.fixture
def full(team, alice, bob, carol, other_team, charlie, key):
    """A team with one of everything."""
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    tokens.issue_token(team=team, name="script", actor=OPERATOR)
    make_preset(team)
    make_ready_import(team, bob)
    add(team, "tag", "hot", is_typed_in=True)
    add_attribute(team, "size", is_typed_in=True)
    return team


def tables() -> dict[str, str]:
    """Everything in the database, as text by table."""
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(set(connection.introspection.table_names()) - OF_THE_REQUEST):
            cursor.execute(f'SELECT * FROM "{name}"')
            found[name] = sorted(str(row) for row in cursor.fetchall())
    return found


def changed(before: dict[str, Any]) -> list[str]:
    after = tables()
    return [name for name in before if before[name] != after[name]]


def addresses(team) -> list[str]:
    """Every address, filled in once; of the pages about a model, which are all alike, those about one."""
    return [url for url in every_url(team, most=1) if not url.startswith("/admin/leads/") or "/team/" in url]


def check_locked(response, url) -> None:
    """What every answer carries, pages, files, errors and the gateway's alike."""
    check_headers(response)
    assert response["X-Frame-Options"] == "DENY", url
    assert "no-store" in response["Cache-Control"], url
    assert response["Cross-Origin-Resource-Policy"] == "same-origin", url
    assert "camera=()" in response["Permissions-Policy"], url
    assert {"HX-Request", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}, url


def strict(client: Client) -> Client:
    """The same browser where the token of forms is checked as in life."""
    checked = Client(enforce_csrf_checks=True, raise_request_exception=False)
    checked.cookies = client.cookies
    return checked


def test_no_address_takes_a_form_of_another_site(full, alice, browse):
    """Signed in as an admin: without a token, with a wrong one, and with the right one from elsewhere."""
    client = strict(browse(alice).client)
    client.get("/accounts/login/")
    token = parse(client.get("/t/brewers/submissions/new/")).all("input", name="csrfmiddlewaretoken")[0].attrs["value"]
    urls = addresses(full)
    assert len(urls) > 100
    tries = [({"csrfmiddlewaretoken": "x" * 64}, {"Origin": "http://testserver"})]
    tries += [({"csrfmiddlewaretoken": token}, ELSEWHERE)]
    before = tables()
    for url in urls:
        for data, headers in tries:
            status = client.post(url, data, headers=headers).status_code
            wanted = {401, 405, 404} if url.startswith("/rest/") else {403, 404}
            assert status in wanted, (url, headers, status)
    assert changed(before) == []


def test_reading_changes_nothing_and_every_answer_is_locked(full, alice, browse):
    """Every address there is, asked for by an admin, with what would be a deed if it were posted."""
    client = browse(alice).client
    before = tables()
    for url in addresses(full):
        response = client.get(url, {"action": "delete", "state": "queued", "confirm": "1"})
        check_locked(response, url)
    assert changed(before) == []


# What is another team's

#: What each part of an address names, as another team has it.
THEIRS = {
    "submission": lambda team, user: make_submission(team, user),
    "draft": lambda team, user: Draft.objects.create(
        team=team, author=user, one_time_key=uuid4(), typed={"email": ["x"]}, saved_at=timezone.now()
    ),
    "view": lambda team, user: SavedView.objects.create(team=team, person=user, name="Mine", query="q=x"),
    "lead_import": lambda team, user: make_ready_import(team, user),
    "row": lambda team, user: ImportRow.objects.filter(lead_import__team=team).first(),
    "mapping": lambda team, user: ImportMapping.objects.create(team=team, name="Fair"),
    "invitation": lambda team, user: invitations.invite(team=team, email="i@x.org", role="member", actor=OPERATOR)[0],
    "person": lambda team, user: user,
    "webhook": lambda team, user: make_webhook(team, "http://127.0.0.1:9/rest"),
    "delivery": lambda team, user: team.webhooks.get(),
    "preset": lambda team, user: make_preset(team),
    "option": lambda team, user: add(team, "tag", "cold", is_typed_in=True),
    "attribute": lambda team, user: add_attribute(team, "colour", is_typed_in=True),
    "token": lambda team, user: tokens.issue_token(team=team, name="theirs", actor=OPERATOR)[0],
}
#: The deeds that some address knows.
SOME_DEEDS = ("approve", "retry", "start", "remove", "revoke", "test", "copy")


def test_nothing_of_another_team_is_reached_by_its_id(full, other_team, alice, charlie, browse, settings):
    """Every address of one's own team that names something, with the id of another team's: it is not there."""
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    ids = {name: make(other_team, charlie).public_id for name, make in THEIRS.items()}
    patterns = [pattern for pattern in team_urls if "<uuid:" in str(pattern.pattern)]
    named = {name for pattern in patterns for name in re.findall(r"<uuid:(\w+)>", str(pattern.pattern))}
    assert named == ids.keys() and len(patterns) > 30
    client, before = browse(alice).client, tables()
    for pattern in patterns:
        for deed in SOME_DEEDS if "deed" in str(pattern.pattern) else ("",):
            filling = {**ids, "team": full.slug, "deed": deed, "what": "results", "kind": "csv"}
            path = re.sub(
                r"<(?:\w+:)?(\w+)>", lambda found, filling=filling: str(filling[found[1]]), str(pattern.pattern)
            )
            for method in ("get", "post"):
                response = getattr(client, method)(f"/t/{full.slug}/{path}", {"reason": "x", "role": "admin"})
                # Of an invitation that is not there it says the same as of one that was used: back to the list.
                gone = "/invitations/" in path and response.status_code in (303, 422)
                assert response.status_code in (404, 405) or gone, (method, path, response.status_code)
    assert changed(before) == []


# Fields that no form has

#: What somebody types into a form that is sent empty otherwise, so that it is taken.
TYPED = {
    "email": "new@example.com", "first_name": "Sam", "name": "Something new", "role": "member", "lines": "one\ntwo",
    "breakcold_key": "breakcold-usr-sandbox-01", "kind": "json", "address": "https://example.com/hook",
    "events": "lead.created", "reason": "because", "pasted": "Email\nx@example.com",
}  # fmt: skip
#: Named by other parts of the portal, and what a form may leave out on its page.
OWN_NAMES = {"csrfmiddlewaretoken", "next", *BY_NAME, *TYPED}


def wishes() -> dict[str, str]:
    """Each field of each model of ours under each of its names, with what somebody would like it to be."""
    wanted: dict[str, str] = {}
    for model in apps.get_app_config("leads").get_models():
        for field in model._meta.concrete_fields:
            wanted[field.name] = wanted[field.attname] = _wish(field)
    return wanted


def _wish(field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.BooleanField):
        return "True"
    if isinstance(field, models.DateTimeField):
        return "2001-01-01 00:00:00+00:00"
    if isinstance(field, models.ForeignKey):
        last = field.related_model._default_manager.order_by("-pk").first()  # type: ignore[union-attr]
        return str(last.pk) if last else "1"
    if field.choices:
        return str([value for value, _ in field.choices][-1])
    if isinstance(field, models.JSONField):
        return json.dumps({"email": "mass@evil.example"})
    return "77" if isinstance(field, models.IntegerField) else "mass-assigned"


def cells() -> dict[tuple[str, int, str], str]:
    """What stands in the database, so that two ends of the same beginning can be compared."""
    found = {}
    for model in apps.get_app_config("leads").get_models():
        names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
        for place, row in enumerate(model._default_manager.order_by("pk").values(*names)):
            found |= {(model._meta.label, place, name): str(row[name]) for name in names}
    return found


def forms_of(client: Client, urls: list[str]) -> Iterator[tuple[str, Element]]:
    """Each kind of form that can be sent from these pages, once."""
    seen = set()
    for url in urls:
        response = client.get(url)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            for form in parse(response).all("form", method="post"):
                action = form.attrs.get("action") or url
                if action.startswith("/t/") and (kind := (action.split("?")[0], *sorted(form.sends()))) not in seen:
                    seen.add(kind)
                    yield action, form


def outcome(client: Client, action: str, data: dict[str, Any]) -> tuple[int, dict[Any, str]]:
    """What a form leads to; undone again."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        status = client.post(action, data).status_code
        found = cells()
        transaction.set_rollback(True)
    client.cookies = cookies
    return status, found


def pages_about_one(team) -> list[str]:
    """Pages of a single thing, which the list of addresses cannot fill in by itself."""
    one = {
        "member_detail": User.objects.get(email="bob@example.com"),
        "picker_edit": team.picker_options.get(),
        "attribute_edit": team.custom_attributes.get(),
        "token_detail": team.tokens.get(),
        "preset_edit": team.presets.get(),
        "import_detail": team.imports.get(),
    }
    return [reverse(name, args=[team.slug, row.public_id]) for name, row in one.items()]


def test_no_form_takes_a_field_that_it_does_not_have(full, bob, alice, browse):
    """Each form is sent filled in, and again with every field of every model besides: the same comes of it."""
    make_submission(full, bob, email="waits@example.com")
    Submission.objects.filter(values__email="waits@example.com").update(
        state=State.PENDING_REVIEW, review_since=timezone.now()
    )
    lead = make_submission(full, alice)
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    client = browse(alice).client
    wanted = wishes()
    assert len(wanted) > 150
    taken, seen_written = 0, False
    urls = [url for url in addresses(full) if url.startswith("/t/")]
    urls += [reverse("submission_edit", args=[full.slug, lead.public_id]), *pages_about_one(full)]
    for action, form in forms_of(client, urls):
        named = {element.attrs["name"] for element in form.walk() if element.attrs.get("name")}
        plain = {name: values for name, values in form.sends().items() if values != [""]}
        plain = {name: text for name, text in TYPED.items() if name in named} | plain
        extra = {name: text for name, text in wanted.items() if name not in named | OWN_NAMES}
        status, before = outcome(client, action, plain)
        again, after = outcome(client, action, plain | extra)
        got = [cell for cell, text in after.items() if text == wanted[cell[2]] and before.get(cell) != text]
        assert (again, got) == (status, []), action
        taken += status in (200, 303)
        seen_written |= TYPED["name"] in after.values()
    assert taken > 25 and seen_written  # what a form does write is seen
