"""What a webhook is told, byte by byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from leads.delivery.webhook_messages import body_of, headers_for, signature, text_of
from leads.models import Event
from leads.models.notifications import OFFERED, EventKind

AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
LEAD = {
    "team": "brewers",
    "reference": "L-7K3F9QX2",
    "lead": "0e2b6f0c-91f7-4c53-8a8f-2d9d0e1f3a4b",
    "state": "created",
    "practice": False,
    "link": "https://portal.example/t/brewers/submissions/0e2b6f0c-91f7-4c53-8a8f-2d9d0e1f3a4b/",
}


def event(kind=EventKind.LEAD_CREATED, **data):
    return Event(public_id=UUID(int=5), kind=kind, data={**LEAD, **data}, at=AT)


def test_it_signs_as_the_specification_s_own_example():
    """The example of the Standard Webhooks specification."""
    assert (
        signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_it_says_type_time_and_data():
    assert json.loads(body_of(event(), "json")) == {
        "type": "lead.created",
        "timestamp": "2026-03-02T09:00:00.123Z",
        "data": LEAD,
    }


def test_it_makes_the_same_bytes_whatever_order_the_database_gives():
    backwards = event()
    backwards.data = dict(reversed(list(LEAD.items())))
    assert body_of(backwards, "json") == body_of(event(), "json")


@pytest.mark.parametrize("kind", OFFERED)
def test_it_has_a_line_for_a_chat_about_everything(kind):
    said = json.loads(body_of(event(kind, decision="sent_back", waiting=3, leads=9, refused=True), "text"))
    assert list(said) == ["text"]
    assert said["text"].startswith("brewers: ") and said["text"].endswith(LEAD["link"])
    assert "test" not in said["text"]


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (EventKind.LEAD_CREATED, {}, "lead L-7K3F9QX2 is in Breakcold:"),
        (EventKind.LEAD_CREATED, {"practice": True}, "lead L-7K3F9QX2 is in Breakcold (practice):"),
        (EventKind.REVIEW_DECIDED, {"decision": "approved"}, "was approved:"),
        (EventKind.REVIEW_DECIDED, {"decision": "sent_back"}, "was sent back with a comment:"),
        (EventKind.REVIEW_DECIDED, {"decision": "rejected"}, "was rejected:"),
        (EventKind.KEY_PAUSED, {"waiting": 3}, "the key was paused and 3 leads wait:"),
        (EventKind.EXPORT_LARGE, {"leads": 7, "refused": False}, "somebody took out very many leads (7):"),
        (EventKind.EXPORT_LARGE, {"leads": 7, "refused": True}, "more leads than a day allows (7):"),
        (EventKind.WEBHOOK_TEST, {}, "a test of this webhook:"),
    ],
)
def test_it_says_it_in_words(kind, data, words):
    assert words in text_of(event(kind, **data))


def test_it_names_the_event_and_the_time_of_the_try():
    body = body_of(event(), "json")
    headers = headers_for(event(), body, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", at=AT)
    assert headers["webhook-id"] == "evt_00000000000000000000000000000005"
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    assert headers["webhook-signature"].startswith("v1,")


def test_it_does_not_sign_for_a_chat():
    headers = headers_for(event(), b"{}", "", at=AT)
    assert set(headers) == {"Content-Type", "webhook-id"}
