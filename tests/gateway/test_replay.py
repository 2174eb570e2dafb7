"""``Idempotency-Key``: one piece of work, one answer, one lead."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from leads.delivery import drain
from leads.gateway import leads as gateway_leads
from leads.gateway import waiting
from leads.models import BreakcoldKey, GatewayAnswer, Submission, Team
from leads.services import gateway_answers
from leads.services.gateway_answers import CLAIM
from tests.services.threads import all_at_once

from .conftest import LEAD, Script
from .test_door import check_error

pytestmark = pytest.mark.django_db
OTHER = {**LEAD, "email": "other@example.com"}


def test_it_replays_the_answer_byte_for_byte(script, key: BreakcoldKey) -> None:
    first = script.post(LEAD, idempotency_key="order-1")
    drain.drain(key.public_id)  # what became of it since changes nothing about the answer
    again = script.post(LEAD, idempotency_key="order-1")
    assert (again.status_code, again.content, again["Location"]) == (202, first.content, first["Location"])
    assert (again["Idempotency-Replayed"], first.get("Idempotency-Replayed")) == ("true", None)
    assert Submission.objects.count() == 1


def test_it_replays_what_breakcold_answered(script, key: BreakcoldKey, monkeypatch) -> None:
    def poll(look, *, seconds):
        drain.drain(key.public_id)
        return look()

    monkeypatch.setattr(gateway_leads.waiting, "poll", poll)
    first = script.post(LEAD, idempotency_key="order-1", prefer="wait=5")
    again = script.post(LEAD, idempotency_key="order-1", prefer="wait=5")
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)


def test_it_sees_the_same_request_however_it_is_written(script) -> None:
    first = script.post(LEAD, idempotency_key="k")
    raw = json.dumps(dict(reversed(LEAD.items())), indent=4, ensure_ascii=True).encode()
    again = script.ask("POST", "/rest/lead", raw=raw, idempotency_key="k")
    assert again.content == first.content


def test_another_request_with_the_key_is_a_conflict(script) -> None:
    script.post(LEAD, idempotency_key="k")
    for _ in range(20):
        check_error(script.post(OTHER, idempotency_key="k"), 409, "idempotency_key_reused")
    check_error(script.post([LEAD], "/rest/leads", idempotency_key="k"), 409, "idempotency_key_reused")
    assert Submission.objects.count() == 1


def test_a_key_belongs_to_its_token(script, issue) -> None:
    script.post(LEAD, idempotency_key="k")
    assert issue().post(OTHER, idempotency_key="k").status_code == 202
    assert Submission.objects.count() == 2


def test_a_key_goes_on_when_the_token_is_exchanged(script) -> None:
    from leads.services import tokens
    from tests.factories import OPERATOR

    first = script.post(LEAD, idempotency_key="k")
    plain = tokens.rotate_token(token=script.token, overlap=timedelta(0), actor=OPERATOR)
    assert Script(plain).post(LEAD, idempotency_key="k").content == first.content


def test_what_was_refused_leaves_the_key_free(script) -> None:
    check_error(script.post({"email": "google"}, idempotency_key="k"), 400, "invalid_lead")
    assert script.post(LEAD, idempotency_key="k").status_code == 202
    assert Submission.objects.count() == 1


def test_without_a_key_two_requests_are_two_leads(script) -> None:
    script.post(LEAD)
    script.post(LEAD)
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb"])
def test_it_wants_a_key_it_can_tell_apart(key, script) -> None:
    check_error(script.post(LEAD, idempotency_key=key), 400, "idempotency_key_unreadable")


def test_it_keeps_neither_the_key_nor_the_request(script) -> None:
    script.post(LEAD, idempotency_key="aoife@example.com")
    row = str(GatewayAnswer.objects.values("key_digest", "request_digest", "headers").get())
    assert "aoife" not in row


def test_a_key_is_forgotten_after_a_day(script, time_machine_at) -> None:
    now = timezone.now()
    with time_machine_at(now):
        first = script.post(LEAD, idempotency_key="k")
    with time_machine_at(now + timedelta(hours=23, minutes=59)):
        assert script.post(LEAD, idempotency_key="k").content == first.content
    with time_machine_at(now + timedelta(hours=24)):
        assert script.post(OTHER, idempotency_key="k").status_code == 202
    assert Submission.objects.count() == 2


def test_a_request_cut_off_after_entering_makes_no_second_lead(script, monkeypatch) -> None:
    """It breaks between entering the lead and keeping the answer, in two ways: an error, and a process that dies."""

    def breaks(*args, **kwargs):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(gateway_leads, "reply_for", breaks)
        check_error(script.post(LEAD, idempotency_key="error"), 500)
    assert script.post(LEAD, idempotency_key="error").status_code == 202
    assert Submission.objects.count() == 1

    with monkeypatch.context() as patch:
        patch.setattr(gateway_leads, "reply_for", breaks)
        patch.setattr(gateway_answers, "release_answer", lambda **kwargs: None)
        check_error(script.post(LEAD, idempotency_key="death"), 500)
    check_error(script.post(LEAD, idempotency_key="death"), 409, "idempotency_key_in_use")
    GatewayAnswer.objects.filter(status=None).update(claimed_until=timezone.now())
    assert script.post(LEAD, idempotency_key="death").status_code == 202
    assert Submission.objects.count() == 2


def test_what_was_entered_is_found_though_the_rules_changed_since(script, monkeypatch, team: Team) -> None:
    def breaks(*args, **kwargs):
        raise RuntimeError("power cut")

    body = {**LEAD, "phone": "01 234 5678"}
    Team.objects.update(default_phone_country="IE")
    with monkeypatch.context() as patch:
        patch.setattr(gateway_leads, "reply_for", breaks)
        script.post(body, idempotency_key="k")
    Team.objects.update(default_phone_country="")
    assert script.post(body, idempotency_key="k").json()["id"] == str(Submission.objects.get().public_id)


def test_a_second_request_waits_for_the_first(script, monkeypatch) -> None:
    """The first is under way; when it is done the second gets its answer."""
    claims = []

    def first_ends(look, *, seconds):
        claimed = claims[0]
        gateway_answers.keep_answer(claimed=claimed, status=202, headers={}, body=b'{"id": "x"}')
        return look()

    claim = gateway_answers.claim_answer

    def claimed_before(**kwargs):
        claims.append(claim(**kwargs))
        return claim(**kwargs)

    monkeypatch.setattr(gateway_answers, "claim_answer", claimed_before)
    monkeypatch.setattr(waiting, "poll", first_ends)
    answer = script.post(LEAD, idempotency_key="k", prefer="wait=5")
    assert (answer.content, answer["Idempotency-Replayed"]) == (b'{"id": "x"}', "true")
    assert not Submission.objects.exists()


def test_a_claim_outlives_every_request_but_not_its_process(script) -> None:
    now = timezone.now()
    about = {"token": script.token, "key": "k", "request_digest": "d"}
    first = gateway_answers.claim_answer(**about, now=now)
    assert gateway_answers.claim_answer(**about, now=now + CLAIM - timedelta(seconds=1)).claim is None
    second = gateway_answers.claim_answer(**about, now=now + CLAIM)
    assert second.is_again and second.answer.one_time_key == first.answer.one_time_key
    assert not gateway_answers.keep_answer(claimed=first, status=200, headers={}, body=b"late")
    assert gateway_answers.keep_answer(claimed=second, status=200, headers={}, body=b"mine")
    assert bytes(GatewayAnswer.objects.get().body) == b"mine"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_one_key_are_one_lead(script) -> None:
    answers = all_at_once(lambda number: script.post(LEAD, idempotency_key="k"), 12)
    assert Submission.objects.count() == 1
    good = [answer for answer in answers if answer.status_code == 202]
    assert good and len({answer.content for answer in good}) == 1
    told = {answer.json()["reason"] for answer in answers if answer.status_code != 202}
    assert told <= {"idempotency_key_in_use"}


@pytest.mark.django_db(transaction=True)
def test_many_at_once_that_say_different_things_are_one_lead(script) -> None:
    def send(number: int):
        return script.post({**LEAD, "email": f"sam{number}@example.com"}, idempotency_key="k")

    answers = all_at_once(send, 12)
    assert Submission.objects.count() == 1
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 11


@pytest.mark.django_db(transaction=True)
def test_no_request_of_many_at_once_goes_uncounted(issue, time_machine_at) -> None:
    script = issue(requests_a_minute=5)
    with time_machine_at(timezone.now()):
        answers = all_at_once(lambda number: script.get("/rest/me"), 12)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 7


def test_a_claim_of_a_clock_that_was_wrong_does_not_last(script, time_machine_at, monkeypatch) -> None:
    """A process whose clock was a day ahead died at its work; once the clock is right the request is taken up."""
    now = timezone.now()

    def dies(*args, **kwargs):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch, time_machine_at(now + timedelta(days=1)):
        patch.setattr(gateway_leads, "reply_for", dies)
        patch.setattr(gateway_answers, "release_answer", lambda **kwargs: None)
        assert script.post(LEAD, idempotency_key="k").status_code == 500
    with time_machine_at(now):
        assert script.post(LEAD, idempotency_key="k").status_code == 202
    assert Submission.objects.count() == 1
