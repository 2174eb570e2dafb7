from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import models

from leads import audit
from leads.audit import Action
from leads.models import AuditEntry, Submission
from leads.services import tokens
from tests.factories import OPERATOR, make_operator, make_submission

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


@pytest.fixture
def root(db):
    return make_operator()


@pytest.fixture
def rows(team, bob, key, options):
    """At least one row of most models."""
    make_submission(team, bob)
    tokens.issue_token(team=team, name="script", actor=OPERATOR)
    audit.record(Action.PICKERS_SYNCED, team=team, actor=OPERATOR)


def address(model, *parts):
    return "/".join(["/admin", model._meta.app_label, model._meta.model_name, *map(str, parts), ""])


@every_model
def test_it_shows_every_model_and_every_row(rows, root, browse, model):
    client = browse(root).client
    assert client.get(address(model)).status_code == 200
    for row in model._default_manager.all()[:3]:
        assert client.get(address(model, row.pk, "change")).status_code == 200
        assert client.get(address(model, row.pk, "history")).status_code == 200


@every_model
def test_it_changes_nothing_that_has_rules(rows, root, browse, model):
    client = browse(root).client
    before = AuditEntry.objects.count(), model._default_manager.count()
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "add"), {}).status_code == 403
    row = model._default_manager.first()
    if row is not None:
        for action in ("change", "delete"):
            assert client.post(address(model, row.pk, action), {"post": "yes", "state": "created"}).status_code == 403
    client.post(
        address(model), {"action": "delete_selected", "_selected_action": [row.pk if row else 1], "post": "yes"}
    )
    assert (AuditEntry.objects.count(), model._default_manager.count()) == before


GARBAGE = [
    "q=%00", "q=" + "a" * 5_000, "e=1", "o=-99", "p=99999", "pk__in=x", "team__id__exact=%00", "password__startswith=a",
    "sealed__startswith=g", "team__keys__sealed__startswith=g", "_facets=x", "all=",
]  # fmt: skip


@every_model
def test_it_stands_garbage_in_the_address(rows, root, browse, model):
    client = browse(root).client
    answers = {query: client.get(address(model) + "?" + query).status_code for query in GARBAGE}
    assert set(answers.values()) <= {200, 302, 400}, answers


@every_model
def test_it_shows_no_sealed_thing(rows, root, browse, model):
    client = browse(root).client
    secret = {"sealed", "digest", "salt", "password"} & {field.name for field in model._meta.get_fields()}
    for row in model._default_manager.all()[:3]:
        text = (
            client.get(address(model, row.pk, "change")).content.decode() + client.get(address(model)).content.decode()
        )
        for name in secret:
            assert not getattr(row, name) or getattr(row, name) not in text


@every_model
def test_it_is_closed_to_everybody_else(alice, browse, model):
    assert browse(None).client.get(address(model)).status_code == 302
    assert browse(alice).client.get(address(model)).status_code in (302, 403)


def test_it_asks_for_the_portal_s_own_sign_in(browse, db):
    response = browse(None).client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_it_never_takes_back_a_recorded_entry(rows, root, browse):
    entry = AuditEntry.objects.first()
    assert browse(root).client.post(address(AuditEntry, entry.pk, "delete"), {"post": "yes"}).status_code == 403
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_it_says_who_is_looked_at_by_every_text_field(rows, root, browse):
    """A value that is markup stays text in the admin too."""
    Submission.objects.update(
        title='"><img src=x onerror=alert(1)>', values={"first_name": "<script>alert(1)</script>"}
    )
    row = Submission.objects.get()
    assert isinstance(Submission._meta.get_field("title"), models.CharField)
    for path in (address(Submission), address(Submission, row.pk, "change")):
        text = browse(root).client.get(path).content.decode()
        assert "<img src=x" not in text and "<script>alert" not in text
