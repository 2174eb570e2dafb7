from __future__ import annotations

from unittest.mock import patch

import pytest

from leads.gateway import batches
from leads.models import AuditEntry, GatewayAnswer, Submission
from leads.models.submissions import Lane

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
    enter, calls = batches.enter, []

    def breaks(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return enter(*args, **kwargs)

    with patch.object(batches, "AT_ONCE", 2), patch.object(batches, "enter", breaks):
        assert script.post(many(6), "/rest/leads", idempotency_key="k").status_code == 500
    assert Submission.objects.count() == 2
    assert script.post(many(6), "/rest/leads", idempotency_key="k").status_code == 207
    assert Submission.objects.count() == 6
    assert GatewayAnswer.objects.get().status == 207
