"""Numbers for Prometheus, read from the database when they are asked for: right with any number of processes.

Labels are slugs, states and kinds; nobody's name and nothing of a lead is ever one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from leads.models import AuditChain, BreakcoldKey, DeliveryAttempt, RateBucket, Submission
from leads.states import State

from . import heartbeat, readiness

LOOK_BACK = timedelta(minutes=15)
#: Leads in these are still on their way, or wait for somebody; the finished ones are not counted at every look.
OPEN = (State.PENDING_REVIEW, State.CHANGES_REQUESTED, State.QUEUED, State.SENDING, State.UNKNOWN, State.FAILED)
HEAD_DIGITS = 12  # of the head's hash: 48 bits, which a number of Prometheus holds exactly

Row = tuple[list[str], float]


def leads(now: datetime) -> Iterator[Row]:
    for row in _open_leads():
        yield [row["team__slug"], row["state"]], row["count"]


def oldest_lead(now: datetime) -> Iterator[Row]:
    for row in _open_leads():
        yield [row["team__slug"], row["state"]], (now - row["since"]).total_seconds()


def _open_leads() -> Any:
    since = Min(Coalesce("unknown_since", "queued_at", "review_since", "updated_at"))
    rows = Submission.objects.filter(state__in=OPEN, settled_by=None).values("team__slug", "state").order_by()
    return rows.annotate(count=Count("pk"), since=since)


def waiting(now: datetime) -> Iterator[Row]:
    yield [], readiness.oldest_waiting_seconds()


def _calls(now: datetime) -> Any:
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    recent = DeliveryAttempt.objects.filter(started_at__gte=now - LOOK_BACK)
    return recent.values("purpose", "outcome").order_by().annotate(count=Count("pk"), mean=Avg(took), longest=Max(took))


def calls(now: datetime) -> Iterator[Row]:
    for row in _calls(now):
        yield [row["purpose"], row["outcome"] or "under_way"], row["count"]


def call_mean(now: datetime) -> Iterator[Row]:
    for row in _calls(now).exclude(finished_at=None):
        yield [row["purpose"], row["outcome"]], row["mean"].total_seconds()


def call_longest(now: datetime) -> Iterator[Row]:
    for row in _calls(now).exclude(finished_at=None):
        yield [row["purpose"], row["outcome"]], row["longest"].total_seconds()


def _keys() -> Any:
    return BreakcoldKey.objects.current().select_related("team").order_by("pk")


def keys_held(now: datetime) -> Iterator[Row]:
    for key in _keys():
        yield [key.team.slug, key.environment], key.held_at is not None


def keys_stopped(now: datetime) -> Iterator[Row]:
    for key in _keys():
        yield [key.team.slug, key.environment], key.is_waiting


def budget(now: datetime) -> Iterator[Row]:
    buckets = {bucket.fingerprint: bucket for bucket in RateBucket.objects.all()}
    for key in _keys():
        if bucket := buckets.get(key.fingerprint):
            left = bucket.limit if bucket.resets_at <= now else bucket.remaining
            yield [key.team.slug, key.environment], left


def budget_limit(now: datetime) -> Iterator[Row]:
    buckets = {bucket.fingerprint: bucket.limit for bucket in RateBucket.objects.all()}
    for key in _keys():
        if key.fingerprint in buckets:
            yield [key.team.slug, key.environment], buckets[key.fingerprint]


def workers(now: datetime) -> Iterator[Row]:
    yield [], heartbeat.alive().count()


def audit_length(now: datetime) -> Iterator[Row]:
    for slug, length in AuditChain.objects.order_by("team__slug").values_list("team__slug", "length"):
        yield [slug], length


def audit_head(now: datetime) -> Iterator[Row]:
    for slug, head in AuditChain.objects.order_by("team__slug").values_list("team__slug", "head_hash"):
        yield [slug], int(head[:HEAD_DIGITS] or "0", 16)


#: Every metric: its name, its labels, what it says, and what reads it. docs/operations.md has a row for each.
METRICS: list[tuple[str, list[str], str, Callable[[datetime], Iterator[Row]]]] = [
    ("leadportal_leads", ["team", "state"], "Leads that are not finished", leads),
    ("leadportal_oldest_lead_seconds", ["team", "state"], "How long the oldest has been in that state", oldest_lead),
    ("leadportal_oldest_waiting_seconds", [], "How long ago the lead was due that waits longest", waiting),
    ("leadportal_calls", ["purpose", "outcome"], "Calls to Breakcold that began in the last 15 minutes", calls),
    ("leadportal_call_seconds_mean", ["purpose", "outcome"], "How long those took on average", call_mean),
    ("leadportal_call_seconds_max", ["purpose", "outcome"], "How long the longest of those took", call_longest),
    ("leadportal_key_held", ["team", "environment"], "1 while somebody holds the key's queue", keys_held),
    ("leadportal_key_stopped", ["team", "environment"], "1 while the key is paused or its circuit open", keys_stopped),
    ("leadportal_budget_remaining", ["team", "environment"], "Calls left in the key's window", budget),
    ("leadportal_budget_limit", ["team", "environment"], "Calls Breakcold allows in a window", budget_limit),
    ("leadportal_workers", [], "Workers heard of in the last 20 seconds", workers),
    ("leadportal_audit_length", ["team"], "Entries in the audit chain", audit_length),
    ("leadportal_audit_head", ["team"], "The first 48 bits of the chain's head, as a number", audit_head),
]


class DatabaseCollector(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        for name, labels, says, rows in METRICS:
            family = GaugeMetricFamily(name, says, labels=labels)
            for values, number in rows(now):
                family.add_metric(values, float(number))
            yield family


def as_text() -> bytes:
    """All of them as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    return generate_latest(registry)
