from __future__ import annotations

import pytest

from leads.breakcold.sandbox.world import make_id
from leads.models import AuditEntry, Submission

from . import questions
from .conftest import HTMX
from .page import lead_form, parse

VIEW = "submission_check"


def check(browser, field, data, **kwargs):
    return browser.client.post(f"{browser.url(VIEW)}?field={field}", data, **kwargs)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("email", "aoife", "This is not an email address"),
        ("email", "aoife@example.com", ""),
        ("phone", "01 234", "Begin with +"),
        ("website_url", "javascript:alert(1)", "This is not a web address"),
        ("contract_value", "12.5", "Enter a whole number"),
        ("first_name", "<script>\0", "cannot be shown"),
        ("icebreaker", "x" * 5_001, "at most 5000"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_it_says_what_is_wrong_with_one_field(bob, browse, field, typed, says, headers):
    response = check(browse(bob), field, {"city": "\0", field: typed}, headers=headers)
    assert response.status_code == 200
    message = parse(response).one("div")
    assert message.attrs["id"] == f"message-{field}"
    assert says in message.text if says else not message.text.strip()


def test_it_is_asked_by_the_form_with_an_address_that_works(bob, browse, options):
    browser = browse(bob)
    asked = [
        element
        for element in lead_form(browser.get("submission_new")).walk()
        if "/check/" in element.attrs.get("hx-post", "")
    ]
    assert len(asked) > 20
    for element in asked:
        response = browser.client.post(element.attrs["hx-post"], {element.attrs["name"]: "x"}, headers=HTMX)
        assert parse(response).one("div").attrs["id"] == f"message-{element.attrs['name']}"


@pytest.mark.parametrize(
    "field", ["", "nonsense", "team", "state", "__class__", "attributes", "attributes.x", "email%00", "a" * 5_000]
)
def test_it_knows_no_other_field(bob, browse, field):
    assert check(browse(bob), field, {"email": "a@example.com"}).status_code == 404


def test_it_survives_what_crashes_clumsy_parsers(bob, browse, options):
    moment = f"attributes.{make_id('attribute', 'Call back at')}"
    for text in ("xyzZ", "Z", "0001-01-01T00:00+14:00", "\0", "9" * 10_000):
        assert "Enter a date" in check(browse(bob), moment, {moment: text}).content.decode() or text == "\0"


def test_it_keeps_nothing(bob, browse):
    before = AuditEntry.objects.count()
    check(browse(bob), "email", {"email": "a@example.com"})
    assert not Submission.objects.exists()
    assert AuditEntry.objects.count() == before


def test_it_asks_to_sign_in(browse):
    questions.hands_everything_back(browse(None), VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "post", VIEW)


def test_it_hides_other_teams(charlie, browse):
    questions.hides_other_teams(browse(charlie), "post", VIEW)


def test_it_rejects_other_verbs(bob, browse):
    questions.rejects(browse(bob), "GET HEAD PUT PATCH DELETE OPTIONS", VIEW)
