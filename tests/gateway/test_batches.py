from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.breakcold.sandbox.world import make_id
from leads.delivery import drain
from leads.forms import options as form_options
from leads.gateway import batches
from leads.models import AuditEntry, GatewayAnswer, Submission
from leads.models.submissions import Lane
from leads.services.submissions import entry
from tests.factories import make_preset, make_row
from tests.views.conftest import options as options

from .conftest import LEAD
from .test_door import check_error

pytestmark = pytest.mark.django_db


def many(count: int) -> list[dict]:
    return [{"first_name": "Sam", "email": f"sam{number}@example.com"} for number in range(count)]


def test_it_answers_with_one_result_for_each(script) -> None:
    answer = script.post([*many(2), {"email": "google"}, 7, *many(1)], "/rest/leads")
    assert answer.status_code == 207
    rows = answer.json()
    assert [row["index"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["status"] for row in rows] == [202, 202, 400, 400, 202]
    assert rows[2]["error"]["issues"][0]["path"] == ["email"]
    assert rows[3]["error"]["issues"][0]["message"] == "Expected object, received number"
    assert [row["id"] for row in rows if row["status"] == 202] == [
        str(each) for each in Submission.objects.order_by("pk").values_list("public_id", flat=True)
    ]
    assert set(Submission.objects.values_list("lane", flat=True)) == {Lane.BULK}
    assert AuditEntry.objects.filter(action="submission.queued").count() == 3


def test_it_takes_a_list_in_an_object_too(script) -> None:
    assert [row["status"] for row in script.post({"leads": many(2)}, "/rest/leads").json()] == [202, 202]


@pytest.mark.parametrize("body", [{}, {"leads": {}}, {"leads": [], "x": 1}, {"lead": []}, [], "x", LEAD])
def test_it_refuses_what_is_no_list_of_leads(body, script) -> None:
    check_error(script.post(body, "/rest/leads"), 400, "invalid_lead")


def test_it_bounds_a_batch(script) -> None:
    check_error(script.post([{}] * 501, "/rest/leads"), 400, "invalid_lead")
    assert [row["status"] for row in script.post([{}] * 500, "/rest/leads").json()] == [400] * 500
    assert not Submission.objects.exists()


def test_it_needs_the_scope_for_it(issue) -> None:
    check_error(issue(scopes=["create", "read"]).post(many(1), "/rest/leads"), 403, "scope_missing")


def test_it_enters_nothing_in_a_dry_run(script) -> None:
    rows = script.post([*many(1), {}], "/rest/leads?dry_run=1").json()
    assert [row["status"] for row in rows] == [200, 400]
    assert not Submission.objects.exists()


def test_a_batch_sent_twice_is_one(script) -> None:
    first = script.post(many(3), "/rest/leads", idempotency_key="k")
    again = script.post(many(3), "/rest/leads", idempotency_key="k")
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (207, first.content, "true")
    assert Submission.objects.count() == 3


def test_a_batch_cut_off_half_way_is_taken_up_again(script) -> None:
    """The process broke after two of three transactions: sent again, the rest is entered and nothing twice."""
    enter, calls = entry._enter, []

    def breaks(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return enter(*args, **kwargs)

    with patch.object(batches, "AT_ONCE", 2), patch.object(entry, "_enter", breaks):
        assert script.post(many(6), "/rest/leads", idempotency_key="k").status_code == 500
    assert Submission.objects.count() == 2
    assert script.post(many(6), "/rest/leads", idempotency_key="k").status_code == 207
    assert Submission.objects.count() == 6
    assert GatewayAnswer.objects.get().status == 207


MIXED = [
    {"first_name": "Sam", "tags": [make_id("tag", "Hot")], "is_draft": True},
    {"email": "google", "is_draft": "yes"},
    {"email": "google"},
    {},
    {"first_name": "Sam", "tags": ["no such tag"]},
    {"company": "Example", "status": [make_id("status", "Inbound/New")]},
    {"company": "Example", "status": [make_id("status", "Inbound/New")], "lists": [make_id("list", "Inbound")]},
    {"company": "Example", "attributes": {make_id("attribute", "Number of sites"): 42}},
    {"company": "Example", "attributes": {"nope": 1}},
    {"first_name": "Sam", "city": "Cork"},
    {"first_name": "Sam"},
    7,
]


@pytest.mark.parametrize("has_preset", [False, True])
@pytest.mark.parametrize("large", [1, 50])
def test_one_form_for_all_of_them_says_what_one_for_each_would(has_preset, large, issue, team, options) -> None:
    """Nothing of one lead is left for the next, whichever comes first."""
    rows = [make_row("city", "fixed", default="Dublin"), *(make_row(name) for name in MIXED_NAMES)]
    script = issue(preset=make_preset(team, *rows) if has_preset else None)
    with patch.object(form_options, "LARGE", large):
        alone = [script.post([lead], "/rest/leads?dry_run=1").json()[0] for lead in MIXED]
        together = script.post(MIXED, "/rest/leads?dry_run=1").json()
        backwards = script.post(MIXED[::-1], "/rest/leads?dry_run=1").json()[::-1]
    said = [[_said(row) for row in rows] for rows in (alone, together, backwards)]
    assert said[1] == said[0] and said[2] == said[0]
    assert {row["status"] for row in together} == {200, 400}


MIXED_NAMES = ("first_name", "email", "company", "tags", "status", "lists", "is_draft")


def _said(row: dict) -> tuple:
    return row["status"], [(each["path"], each["message"]) for each in row.get("error", {}).get("issues", [])]


def test_a_larger_batch_asks_no_more_of_the_database(script, options) -> None:
    """Checking costs the same questions for two leads and for twenty-five, also where options are many."""
    tags = [row["id"] for row in options["tags"]]
    leads = [{**lead, "tags": [tags[number % len(tags)]]} for number, lead in enumerate(many(25))]
    counts = []
    with patch.object(form_options, "LARGE", 1):
        for some in (leads[:2], leads):
            with CaptureQueriesContext(connection) as asked:
                assert script.post(some, "/rest/leads?dry_run=1").status_code == 207
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_batch_wakes_the_drain_once_for_many(script, key, monkeypatch) -> None:
    woken: list[Submission] = []
    monkeypatch.setattr(entry, "announce", woken.append)
    assert {row["status"] for row in script.post(many(25), "/rest/leads").json()} == {202}
    assert len(woken) == 1


def test_a_batch_is_delivered(script, key, sandbox) -> None:
    before = len(sandbox.ledger())
    script.post(many(3), "/rest/leads")
    drain.drain(key.public_id)
    assert sorted(row["body"]["email"] for row in sandbox.ledger()[before:]) == [row["email"] for row in many(3)]


def test_it_bounds_the_complaints_about_one_lead(script) -> None:
    body = script.post({f"x{number}": 1 for number in range(10_000)}).json()
    assert len(body["issues"]) == 100


def test_it_bounds_the_options_of_one_lead(script, options) -> None:
    body = check_error(script.post({"first_name": "Sam", "tags": [str(number) for number in range(20_000)]}), 400)
    assert [(row["code"], row["path"]) for row in body["issues"]] == [("too_big", ["tags"])]


def test_a_dry_run_reads_the_idempotency_key_too(script) -> None:
    for path, body in (("/rest/lead", LEAD), ("/rest/leads", many(1))):
        answer = script.post(body, f"{path}?dry_run=1", idempotency_key="ä")
        check_error(answer, 400, "idempotency_key_unreadable")
        assert script.post(body, f"{path}?dry_run=1", idempotency_key="k").status_code in (200, 207)
    assert not GatewayAnswer.objects.exists()
