"""Every address of the portal, every role, every verb: a new address without a row here fails."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from leads.models import AuditEntry, Submission, User
from leads.models.teams import Role
from leads.states import State
from leads.views.deeds import DEEDS
from tests.factories import PASSWORD, make_member, make_submission

from .conftest import HTMX
from .page import parse

ROLES = ("anonymous", "member", "reviewer", "admin", "stranger", "superuser")
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TEAM = {"member", "reviewer", "admin"}

#: view name -> verbs it has, and what those in the team get (by verb). Others: see ``expected``.
PAGES = {
    "home": {"GET": {200, 302}},
    "team_home": {"GET": {302}},
    "submission_list": {"GET": {200}},
    "submission_new": {"GET": {200}, "POST": {422}},
    "submission_check": {"POST": {200}},
    "submission_detail": {"GET": {200}},
    "submission_edit": {"GET": {200}, "POST": {422}},
    "submission_act": {"POST": {303, 422}},
    "audit_list": {"GET": {200}},
    "field_reference": {"GET": {200}},
}
OPEN = {"healthz", "readyz"}
#: Who in the team may not (403): the lead is the member's own.
FORBIDDEN = {
    "submission_edit": {"reviewer", "admin"},
    **{f"submission_act {deed}": {"member"} for deed in ("approve", "send-back", "reject")},
    "submission_act reopen": {"reviewer", "admin"},
}


def own_names():
    """The named addresses this project declares itself."""
    found = set()

    def walk(patterns, is_ours):
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                if is_ours(pattern) and pattern.name:  # what is closed has no name: test_account.py
                    found.add(pattern.name)
            else:
                walk(pattern.url_patterns, is_ours)

    walk(get_resolver().url_patterns, lambda pattern: pattern.callback.__module__.startswith("leads."))
    return found


def test_it_has_a_row_for_every_address():
    assert own_names() == set(PAGES) | OPEN


def addresses(team, lead):
    for name in PAGES:
        args = {"home": [], "team_home": [team.slug]}.get(name, [team.slug])
        if name in ("submission_detail", "submission_edit"):
            yield name, name, reverse(name, args=[*args, lead.public_id])
        elif name == "submission_act":
            for deed in DEEDS:
                yield f"{name} {deed}", name, reverse(name, args=[*args, lead.public_id, deed])
        elif name == "submission_check":
            yield name, name, reverse(name, args=args) + "?field=email"
        else:
            yield name, name, reverse(name, args=args)


def expected(role, verb, row, name, is_htmx):
    has = set(PAGES[name]) | ({"HEAD"} if "GET" in PAGES[name] else set())
    if verb not in has:
        return {405}
    if role == "anonymous":
        return {401} if is_htmx else {302} if verb in ("GET", "HEAD") else {403}
    if role in ("stranger", "superuser") and name != "home":
        return {404}
    if role in FORBIDDEN.get(row, ()):
        return {403}
    allowed = PAGES[name]["GET" if verb == "HEAD" else verb]
    return allowed | {200} if is_htmx and row.startswith("submission_act") else allowed


@pytest.fixture
def cast(team, charlie):
    people = {role: make_member(team, role, Role(role)) for role in ("member", "reviewer", "admin")}
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    return {**people, "anonymous": None, "stranger": charlie, "superuser": root}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("is_htmx", [False, True], ids=["page", "htmx"])
def test_it_answers_every_role_as_the_row_says(team, cast, browse, role, verb, is_htmx):
    lead = make_submission(team, cast["member"])
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    client = browse(cast[role]).client
    headers = HTMX if is_htmx else {}
    for row, name, url in addresses(team, lead):
        before = AuditEntry.objects.count()
        response = client.generic(verb, url, headers=headers)
        wanted = expected(role, verb, row, name, is_htmx)
        assert response.status_code in wanted, (row, verb, role, response.status_code, wanted)
        if response.status_code not in (200, 303):
            assert AuditEntry.objects.count() == before
    for name in OPEN:
        assert client.generic(verb, reverse(name), headers=headers).status_code == (
            200 if verb in ("GET", "HEAD") else 405
        )


@pytest.mark.parametrize("verb", VERBS)
def test_it_hides_the_leads_of_another_team_behind_one_s_own(team, other_team, cast, browse, verb):
    """The team in the address is one's own, the lead in it is not."""
    lead = make_submission(other_team, cast["stranger"])
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    before = Submission.objects.values().get(), AuditEntry.objects.count()
    for role in TEAM:
        client = browse(cast[role]).client
        for row, _, url in addresses(team, lead):
            if str(lead.public_id) in url:
                for headers in ({}, HTMX):
                    assert client.generic(verb, url, headers=headers).status_code in (404, 405), (row, role)
    assert (Submission.objects.values().get(), AuditEntry.objects.count()) == before


def test_it_says_the_same_of_a_lead_that_is_not_there(team, other_team, cast, browse):
    theirs = make_submission(other_team, cast["stranger"])
    client = browse(cast["member"]).client
    texts = []
    for public_id in (theirs.public_id, uuid4()):
        response = client.get(reverse("submission_detail", args=[team.slug, public_id]))
        texts.append(parse(response).one("main").text.replace(response["X-Request-ID"], ""))
    assert texts[0] == texts[1]


def test_it_keeps_the_admin_for_operators(cast, browse):
    for role in ROLES:
        client = browse(cast[role]).client
        for model in admin.site._registry:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            assert (client.get(url).status_code == 200) is (role == "superuser")


def test_it_changes_nothing_by_reading(team, cast, browse):
    """Two readers crawl everything that is linked; the database is as before."""
    lead = make_submission(team, cast["member"])
    before = Submission.objects.values().get(), AuditEntry.objects.count()
    for role in TEAM:
        client = browse(cast[role]).client
        for _, name, url in addresses(team, lead):
            if "GET" in PAGES[name]:
                client.get(url)
                client.get(
                    url + ("&" if "?" in url else "?") + "state=rejected&email=x%40example.com&one_time_key=x&verify=1"
                )
    assert (Submission.objects.values().get(), AuditEntry.objects.count()) == before
