"""Every address of the portal, every role, every verb: a new address without a row here fails."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from leads.models import AuditEntry, Submission
from leads.models.teams import Role
from leads.services import tokens
from leads.states import State
from leads.views.deeds import DEEDS
from leads.views.import_deeds import DEEDS as IMPORT_DEEDS
from leads.views.keys import DEEDS as KEY_DEEDS
from leads.views.presets import DEEDS as PRESET_DEEDS
from leads.views.tokens import DEEDS as TOKEN_DEEDS
from tests.factories import OPERATOR, make_member, make_operator, make_preset, make_ready_import, make_submission
from tests.picking import add, add_attribute

from .conftest import HTMX
from .page import parse

ROLES = ("anonymous", "member", "reviewer", "admin", "stranger", "superuser")
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TEAM = {"member", "reviewer", "admin"}

#: view name -> verbs it has, and what those in the team get (by verb). Others: see ``expected``.
PAGES = {
    "home": {"GET": {200, 302}},
    "team_home": {"GET": {200}},
    "submission_list": {"GET": {200}},
    "submission_new": {"GET": {200}, "POST": {422}},
    "submission_check": {"POST": {200}},
    "submission_several": {"POST": {403}},  # no such deed: test_several.py
    "columns_choose": {"POST": {303}},
    "view_save": {"POST": {303}},
    "view_remove": {"POST": {404}},  # of nobody's view: test_saved_views.py has the others
    "draft_save": {"POST": {200}},
    "draft_open": {"GET": {404}},  # of nobody's draft: test_drafts.py has the others
    "draft_discard": {"POST": {404}},
    "submission_detail": {"GET": {200}},
    "submission_edit": {"GET": {200}, "POST": {422}},
    "submission_like": {"GET": {200}},
    "submission_act": {"POST": {303, 422}},
    "key_detail": {"GET": {200}, "POST": {422}},
    "key_act": {"POST": {422}},
    "member_list": {"GET": {200}},
    "member_detail": {"GET": {200}},
    "member_role": {"POST": {422}},
    "invitation_new": {"GET": {303}, "POST": {422}},
    "invitation_renew": {"GET": {303}, "POST": {422}},
    "invitation_revoke": {"POST": {303}},
    "member_remove": {"POST": {303}},
    "member_hand_over": {"POST": {303}},
    "member_leave": {"POST": {303}},
    "webhook_list": {"GET": {200}},
    "webhook_new": {"GET": {200}, "POST": {422}},
    "webhook_detail": {"GET": {404}, "POST": {404}},  # of a webhook that is not there: test_webhooks.py has the others
    "webhook_secret": {"GET": {404}, "POST": {404}},
    "webhook_replay": {"POST": {404}},
    "webhook_act": {"POST": {404}},
    "notification_settings": {"GET": {200}, "POST": {303}},
    "review_count": {"GET": {302}},
    "attention_list": {"GET": {200}},
    "attention_settle": {"POST": {403}},  # no such deed: test_attention.py
    "review_queue": {"GET": {200}},
    "review_decide": {"POST": {403}},  # no such decision: test_review_decide.py
    "review_edit": {"GET": {303}, "POST": {422}},  # it does not wait for review
    "review_look": {"POST": {200}},
    "import_list": {"GET": {200}},
    "import_new": {"GET": {200}, "POST": {422}},
    "import_detail": {"GET": {200}},
    "import_mapping": {"GET": {200}, "POST": {422}},
    "import_match": {"POST": {303}},
    "import_rows": {"GET": {200}},
    "import_row": {"GET": {200}, "POST": {422}},
    "import_file": {"GET": {200}},
    "import_act": {"POST": {303, 422}},
    "mapping_remove": {"POST": {404}},  # of a mapping that is not there
    "report_corrections": {"GET": {200}},
    "team_rules": {"GET": {200}, "POST": {422}},
    "preset_list": {"GET": {200}},
    "preset_new": {"GET": {200}, "POST": {422}},
    "preset_edit": {"GET": {200}, "POST": {422}},
    "preset_qr": {"GET": {200}},
    "preset_act": {"POST": {303}},
    "picker_list": {"GET": {200}},
    "picker_sync": {"POST": {303}},
    "picker_add": {"GET": {200}, "POST": {422}},
    "picker_edit": {"GET": {200}, "POST": {422}},
    "picker_replace": {"GET": {200}, "POST": {422}},
    "picker_remove": {"POST": {303}},
    "attribute_list": {"GET": {200}},
    "attribute_new": {"GET": {200}, "POST": {422}},
    "attribute_import": {"GET": {200}, "POST": {422}},
    "attribute_edit": {"GET": {200}, "POST": {422}},
    "attribute_try": {"GET": {200}, "POST": {200}},
    "attribute_take_out": {"POST": {303}},
    "attribute_remove": {"POST": {303}},
    "submission_options": {"GET": {200}},
    "settings_home": {"GET": {302}},
    "audit_list": {"GET": {200}},
    "export_leads": {"POST": {200}},
    "export_audit": {"POST": {200}},
    "import_template": {"GET": {200}},
    "field_reference": {"GET": {200}},
    "gateway_reference": {"GET": {200}},
    "token_list": {"GET": {200}},
    "token_new": {"POST": {422}},
    "token_detail": {"GET": {200}},
    "token_act": {"POST": {303, 422}},
}
#: These change who may do what, so they come last.
LAST = ("member_remove", "member_hand_over", "member_leave")
#: To htmx they say where to go with a 200.
REDIRECTING = (
    "import_",
    "picker_",
    "attribute_",
    "submission_act",
    "token_act",
    "review_edit",
    "preset_act",
    "member_",
    "invitation_",
    "notification_settings",
    "review_count",
    "view_save",
    "columns_choose",
)
OPEN = {"healthz"}
#: Whoever asks, these are as ready as there are workers (none here), and for the operator's machine: test_health.py
WATCHED = {"readyz": 503, "metrics": 404}
#: For who looks after the portal; to others they are not there: test_styleguide.py
STAFF = {"styleguide"}
#: Whoever has the link may; a link there is not is 404 for everybody.
BY_LINK = {"invitation_open"}
#: The company's provider sends people there; without one they are not there: tests/views/sign_in.
BY_PROVIDER = {"openid_begin", "openid_callback", "openid_link", "connection_list"}
#: About the reader alone, in whatever team: test_sessions.py, test_step_up.py, test_second_factor.py.
OWN = {"session_list", "confirm", "second_factor_setup"}
#: Who in the team may not (403): the lead is the member's own.
FORBIDDEN = {
    "submission_edit": {"reviewer", "admin"},
    **{f"submission_act {deed}": {"member"} for deed in ("approve", "send-back", "reject")},
    **{f"submission_act {deed}": {"reviewer", "admin"} for deed in ("reopen", "withdraw", "discard")},
    **{f"member_{name}": {"member", "reviewer"} for name in ("detail", "role", "remove", "hand_over")},
    **{f"invitation_{name}": {"member", "reviewer"} for name in ("new", "renew", "revoke")},
    **{f"token_{name}": {"member", "reviewer"} for name in ("list", "new", "detail")},
    **{f"token_act {deed}": {"member", "reviewer"} for deed in TOKEN_DEEDS},
    **{f"webhook_{name}": {"member", "reviewer"} for name in ("list", "new", "detail", "secret", "replay", "act")},
    "review_count": {"member"},
    **{f"review_{name}": {"member"} for name in ("queue", "decide", "edit", "look")},
    "report_corrections": {"member"},
    "mapping_remove": {"member", "reviewer"},
    **{f"import_{name}": {"reviewer"} for name in ("mapping", "match")},
    "import_row POST": {"reviewer"},
    **{f"import_act {deed}": {"reviewer"} for deed in ("start", "headings", "pause", "resume", "cancel")},
    **{f"import_act {deed}": {"member"} for deed in ("approve", "split", "send-back", "reject")},
    **{f"picker_{name}": {"member", "reviewer"} for name in ("list", "sync", "add", "edit", "replace", "remove")},
    **{f"attribute_{name}": {"member", "reviewer"} for name in ("list", "new", "import", "edit", "try")},
    **{f"attribute_{name}": {"member", "reviewer"} for name in ("take_out", "remove")},
    "export_audit": {"member", "reviewer"},
    "team_rules": {"member", "reviewer"},
    **{f"preset_{name}": {"member", "reviewer"} for name in ("list", "new", "edit", "qr")},
    **{f"preset_act {deed}": {"member", "reviewer"} for deed in PRESET_DEEDS},
    "key_detail": {"member", "reviewer"},
    **{f"key_act {deed}": {"member", "reviewer"} for deed in KEY_DEEDS},
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
    assert own_names() == set(PAGES) | OPEN | set(WATCHED) | BY_LINK | BY_PROVIDER | OWN | STAFF


def addresses(team, lead):
    for name in sorted(PAGES, key=lambda name: LAST.index(name) if name in LAST else -1):
        args = {"home": [], "team_home": [team.slug]}.get(name, [team.slug])
        if name in ("submission_detail", "submission_edit", "submission_like", "review_edit", "review_look"):
            yield name, name, reverse(name, args=[*args, lead.public_id])
        elif name == "submission_act":
            for deed in DEEDS:
                yield f"{name} {deed}", name, reverse(name, args=[*args, lead.public_id, deed])
        elif name == "token_detail":
            yield name, name, reverse(name, args=[*args, team.tokens.get().public_id])
        elif name == "token_act":
            for deed in TOKEN_DEEDS:
                yield f"{name} {deed}", name, reverse(name, args=[*args, team.tokens.get().public_id, deed])
        elif name == "key_act":
            for deed in KEY_DEEDS:
                yield f"{name} {deed}", name, reverse(name, args=[*args, deed])
        elif name in ("preset_edit", "preset_qr"):
            yield name, name, reverse(name, args=[*args, team.presets.order_by("pk").first().public_id])
        elif name == "preset_act":
            for deed in PRESET_DEEDS:
                preset = team.presets.order_by("pk").first()
                yield f"{name} {deed}", name, reverse(name, args=[*args, preset.public_id, deed])
        elif name == "import_template":
            yield name, name, reverse(name, args=[*args, "csv"])
        elif name == "submission_options":
            yield name, name, reverse(name, args=args) + "?field=tags"
        elif name in ("picker_edit", "picker_replace", "picker_remove"):
            yield name, name, reverse(name, args=[*args, team.picker_options.get().public_id])
        elif name.startswith("attribute_") and name.rpartition("_")[2] not in ("list", "new", "import"):
            yield name, name, reverse(name, args=[*args, team.custom_attributes.get().public_id])
        elif name == "submission_check":
            yield name, name, reverse(name, args=args) + "?field=email"
        elif name in ("member_detail", "member_role", "member_remove", "member_hand_over"):
            yield name, name, reverse(name, args=[*args, lead.created_by.public_id])
        elif name in ("webhook_detail", "webhook_secret", "draft_open", "draft_discard", "view_remove"):
            yield name, name, reverse(name, args=[*args, uuid4()])
        elif name == "webhook_replay":
            yield name, name, reverse(name, args=[*args, uuid4(), uuid4()])
        elif name == "webhook_act":
            yield name, name, reverse(name, args=[*args, uuid4(), "test"])
        elif name in ("invitation_renew", "invitation_revoke"):
            yield name, name, reverse(name, args=[*args, uuid4()])
        elif name == "import_act":
            for deed in IMPORT_DEEDS:
                yield f"{name} {deed}", name, reverse(name, args=[*args, team.imports.get().public_id, deed])
        elif name == "import_row":
            row = team.imports.get().rows.first()
            yield name, name, reverse(name, args=[*args, row.lead_import.public_id, row.public_id])
        elif name == "import_file":
            yield name, name, reverse(name, args=[*args, team.imports.get().public_id, "results", "csv"])
        elif name == "mapping_remove":
            yield name, name, reverse(name, args=[*args, uuid4()])
        elif name.startswith("import_") and name not in ("import_list", "import_new"):
            yield name, name, reverse(name, args=[*args, team.imports.get().public_id])
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
    if role in FORBIDDEN.get(row, ()) or role in FORBIDDEN.get(f"{row} {verb}", ()):
        return {403}
    allowed = PAGES[name]["GET" if verb == "HEAD" else verb]
    return allowed | {200} if is_htmx and row.startswith(REDIRECTING) else allowed


@pytest.fixture
def cast(team, charlie):
    people = {role: make_member(team, role, Role(role)) for role in ("member", "reviewer", "admin")}
    root = make_operator()
    tokens.issue_token(team=team, name="script", actor=OPERATOR)
    make_preset(team)
    make_ready_import(team, people["member"])
    add(team, "tag", "hot", is_typed_in=True)
    add_attribute(team, "size", is_typed_in=True)
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
    for name, wanted_status in WATCHED.items():
        status = client.generic(verb, reverse(name), headers=headers).status_code
        assert status == (wanted_status if verb in ("GET", "HEAD") else 405), (name, verb)
    for name in BY_LINK:
        status = client.generic(verb, reverse(name, args=["lpi_" + "a" * 43]), headers=headers).status_code
        assert status == (404 if verb in ("GET", "HEAD", "POST") else 405)


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
                forbidden = {403} if row.startswith("review_") and role in FORBIDDEN.get(row, ()) else set()
                for headers in ({}, HTMX):
                    status = client.generic(verb, url, headers=headers).status_code
                    assert status in {404, 405} | forbidden, (row, role)
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
