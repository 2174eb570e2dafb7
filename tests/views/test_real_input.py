"""What real people type goes through the page, the queue and the wire, and Breakcold receives what was meant."""

from __future__ import annotations

import pytest

from leads.audit import OPERATOR
from leads.breakcold.fields import BY_NAME, FIELDS, Kind
from leads.delivery import drain
from leads.models import Submission
from leads.models.teams import Environment
from leads.services import keys
from leads.states import State
from tests.real_leads import LEADS, world

from .conftest import sync
from .page import errors_of, lead_form

KEY = "breakcold-usr-sandbox-real-input-01"

#: One value of each kind that is exactly as long as asked for.
LONG = {
    Kind.TEXT: lambda length: "é" * length,
    Kind.MULTILINE: lambda length: ("x\n" * length)[: length - 1] + "z",
    Kind.EMAIL: lambda length: f"{'a' * 60}@{('b' * 60 + '.') * 3}{'c' * (length - 247)}.ie",
    Kind.URL: lambda length: "https://example.com/" + "ä" * (length - 20),
    Kind.HANDLE: lambda length: "字" * length,
    Kind.AMOUNT: lambda length: "9" * length,
}


@pytest.fixture
def account(team, sandbox):
    """The team sends to an account of its own that offers what these leads carry."""
    for kind, rows in world().items():
        sandbox.set_rows(KEY, kind, rows)
    key = keys.set_key(team=team, plain=KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    sync(team)
    return key


@pytest.fixture
def deliver(account, browse, bob, sandbox):
    """Types a lead into the page and returns what Breakcold received, and under which id."""

    def send(typed):
        response = browse(bob).enter(typed)
        assert response.status_code == 303, errors_of(response)
        before = len(sandbox.ledger())
        drain.drain(account.public_id)
        entries = sandbox.ledger()[before:]
        assert len(entries) == 1
        submission = Submission.objects.order_by("-pk").first()
        assert (submission.state, submission.breakcold_id) == (State.CREATED, entries[0]["id"])
        return entries[0]["body"], entries[0]["id"]

    return send


@pytest.mark.parametrize("lead", LEADS, ids=lambda lead: lead.name)
def test_it_delivers_what_was_meant(deliver, lead):
    _, lead_id = deliver({"email": "first@example.com"})
    body, _ = deliver(lead.typed(lead_id))
    assert body == lead.meant(lead_id)


def test_it_knows_a_lead_with_every_field():
    typed = LEADS[0].typed("x")
    assert {name.partition(".")[0] for name in typed} == set(BY_NAME)


@pytest.mark.parametrize("lead", LEADS, ids=lambda lead: lead.name)
def test_it_shows_again_what_was_typed_when_something_else_is_wrong(account, browse, bob, lead):
    typed = lead.typed("lead-1") | {"email": "not an email"}
    response = browse(bob).enter(typed)
    assert response.status_code == 422
    assert list(errors_of(response)) == ["email"]
    sent = lead_form(response).sends()
    for name, value in typed.items():
        if isinstance(value, list):
            assert sorted(sent[name]) == sorted(value)
        else:
            assert sent[name][-1].replace("\r\n", "\n") == value.replace("\r\n", "\n")


@pytest.mark.parametrize("field", [field for field in FIELDS if field.kind in LONG], ids=lambda field: field.name)
def test_it_delivers_a_value_at_its_limit(deliver, field):
    value = LONG[field.kind](field.limit)
    body, _ = deliver({"company": "Limit", field.name: value})
    assert len(value) == field.limit
    assert body.get(field.name) == (None if field.name == "id" else value)
    assert Submission.objects.get().values[field.name] == value


@pytest.mark.parametrize("field", [field for field in FIELDS if field.kind in LONG], ids=lambda field: field.name)
def test_it_hands_back_a_value_one_over_its_limit(browse, bob, field):
    value = LONG[field.kind](field.limit + 1)
    response = browse(bob).enter({"company": "Limit", field.name: value})
    assert response.status_code == 422
    assert list(errors_of(response)) == [field.name]
    assert lead_form(response).sends()[field.name] == [value]
    assert not Submission.objects.exists()


@pytest.mark.parametrize("field", [field for field in FIELDS if field.kind is Kind.OPTIONS], ids=lambda f: f.name)
@pytest.mark.parametrize("over", [0, 1])
def test_it_takes_as_many_options_as_the_limit_and_no_more(team, browse, bob, field, over):
    from leads.models import PickerOption

    ids = [f"id-{number}" for number in range(field.limit + over)]
    PickerOption.objects.bulk_create(
        PickerOption(
            team=team, environment=team.environment, kind=field.picker, external_id=item, name=f"Option {item}"
        )
        for item in ids
    )
    response = browse(bob).enter({"company": "Many", field.name: ids})
    if not over:
        assert response.status_code == 303
        assert sorted(Submission.objects.get().values[field.name]) == sorted(ids)
        return
    assert (response.status_code, list(errors_of(response))) == (422, [field.name])
    assert sorted(lead_form(response).sends()[field.name]) == sorted(ids)
