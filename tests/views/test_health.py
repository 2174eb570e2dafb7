from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from leadportal.bootstrap import BASE
from leads.models import DeliveryAttempt, Submission, WorkerBeat
from leads.monitoring import heartbeat, metrics
from leads.services import submissions
from leads.states import State
from tests.factories import make_submission

TOKEN = "t" * 40


@pytest.fixture
def worker(db) -> WorkerBeat:
    return WorkerBeat.objects.create(started_at=timezone.now(), beat_at=timezone.now())


def test_it_is_alive_without_a_session(db):
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response
    assert Client().head("/healthz").status_code == 200


def test_it_is_ready_with_a_worker_and_tells_strangers_no_numbers(worker):
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store" and "Set-Cookie" not in response


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_it_rejects_other_verbs(db, path):
    for verb in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert Client().generic(verb, path).status_code == 405


def test_it_is_alive_but_not_ready_without_its_database():
    """No database fixture: nothing may be asked of it, which is as good as a database that is gone."""
    assert Client().get("/healthz").status_code == 200


def test_it_says_in_plain_words_that_the_database_does_not_answer(db, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("could not connect: password=hunter2")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        response = Client().get("/readyz")
        numbers = Client().get("/metrics", headers={"Host": "localhost"})
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "reason": "the database does not answer"}
    assert numbers.status_code == 503 and b"hunter2" not in numbers.content


def test_it_is_not_ready_before_it_was_migrated(worker):
    newest = max(name for app, name in MigrationRecorder(connection).applied_migrations() if app == "leads")
    MigrationRecorder(connection).record_unapplied("leads", newest)
    response = Client().get("/readyz")
    assert response.status_code == 503 and "migrate" in response.json()["reason"]


def test_it_turns_red_within_half_a_minute_after_the_last_worker_fell_silent(worker):
    assert Client().get("/readyz").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        response = Client().get("/readyz")
    assert response.status_code == 503 and "no worker" in response.json()["reason"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_heard_of_while_it_runs_and_gone_when_it_stops(monkeypatch, caplog):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.001)
    seen, stopping = [], threading.Event()
    beat = WorkerBeat.objects.update_or_create

    def watched(**fields):
        if not seen:
            seen.append(0)
            raise OperationalError("away")
        beat(**fields)
        seen.append(heartbeat.alive().count())
        if len(seen) == 4:
            stopping.set()

    monkeypatch.setattr(WorkerBeat.objects, "update_or_create", watched)
    WorkerBeat.objects.create(started_at=timezone.now(), beat_at=timezone.now() - 2 * heartbeat.FORGET_AFTER)
    heartbeat.beat_until(stopping)
    assert seen == [0, 1, 1, 1] and "could not reach" in caplog.text
    assert not WorkerBeat.objects.exists()


ALLOWED = {"Host": "localhost"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "leads.example.com"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=203.0.113.7"},
        {"Authorization": f"Bearer {TOKEN}"},
    ],
)
def test_numbers_are_not_there_for_whoever_came_through_a_front(worker, settings, headers):
    settings.ALLOWED_HOSTS = ["*"]
    assert Client().get("/metrics", headers={"Host": "testserver", **headers}).status_code == 404
    assert "workers" not in Client().get("/readyz", headers={"Host": "testserver", **headers}).json()


def test_numbers_are_not_there_for_another_machine(worker):
    assert Client(REMOTE_ADDR="203.0.113.7").get("/metrics", headers=ALLOWED).status_code == 404
    assert Client().get("/metrics", headers=ALLOWED).status_code == 200
    assert Client().get("/readyz", headers=ALLOWED).json()["workers"] == 1


def test_with_a_token_it_is_the_token_that_counts(worker, settings):
    settings.PORTAL_METRICS_TOKEN = TOKEN
    far = Client(REMOTE_ADDR="203.0.113.7")
    assert far.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in ("", TOKEN, f"Bearer {TOKEN}x", f"bearer {TOKEN}", "Bearer ü"):
        assert Client().get("/metrics", headers={**ALLOWED, "Authorization": wrong}).status_code == 404


def read() -> dict[str, dict[tuple[str, ...], float]]:
    text = Client().get("/metrics", headers=ALLOWED).content.decode()
    labels = {name: names for name, names, *_ in metrics.METRICS}
    return {
        family.name: {tuple(each.labels[name] for name in labels[family.name]): each.value for each in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_the_numbers_are_those_of_the_database(team, other_team, bob, key, worker):
    queued, unknown = make_submission(team, bob), make_submission(team, bob)
    ago = timezone.now() - timedelta(minutes=10)
    Submission.objects.filter(pk=queued.pk).update(queued_at=ago, send_after=ago)
    attempt = submissions.claim_next(key=key, now=timezone.now())
    assert attempt is not None
    DeliveryAttempt.objects.filter(pk=attempt.pk).update(
        finished_at=attempt.started_at + timedelta(seconds=2), outcome="unknown"
    )
    with time_machine.travel(timezone.now(), tick=False):
        found = read()
    assert set(found) == {name for name, *_ in metrics.METRICS}
    assert found["leadportal_leads"] == {("brewers", State.SENDING): 1, ("brewers", State.QUEUED): 1}
    assert 600 <= found["leadportal_oldest_lead_seconds"][("brewers", State.SENDING)] < 660
    assert found["leadportal_calls"] == {("create", "unknown"): 1}
    assert found["leadportal_call_seconds_mean"] == found["leadportal_call_seconds_max"] == {("create", "unknown"): 2}
    assert found["leadportal_key_held"] == found["leadportal_key_stopped"] == {("brewers", "sandbox"): 0}
    assert found["leadportal_workers"] == {(): 1}
    assert found["leadportal_audit_length"][("brewers",)] == team.audit_entries.count()
    head = team.audit_entries.order_by("-sequence")[0].hash
    assert found["leadportal_audit_head"][("brewers",)] == int(head[:12], 16)
    assert unknown.reference not in str(found)


def test_the_numbers_name_nobody(team, bob, key, worker):
    make_submission(team, bob)
    text = Client().get("/metrics", headers=ALLOWED).content.decode()
    assert not [word for word in ("aoife", "bob", "Brewers", "example.com", key.last4) if word in text]


def test_every_number_is_in_the_operators_book():
    page = (BASE / "docs" / "operations.md").read_text()
    assert [name for name, *_ in metrics.METRICS if f"| `{name}`" not in page] == []
