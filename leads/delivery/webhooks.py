"""Tell webhooks what happened, beside the delivery of leads and never in its way.

A few threads of their own, so a receiver that hangs holds one of those for a few seconds and no lead. The rows are the
truth: a worker takes a webhook that has something due by a guarded update (a lease), one call at a time for each
webhook and one webhook at a time for each team, the healthy before the failing. A worker that dies between sending and
recording leaves a lease that runs out, and the same event is sent again under the same id: at least once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import Error, close_old_connections, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from leads.audit import SYSTEM
from leads.crypto import CannotOpen
from leads.models import Webhook, WebhookDelivery
from leads.models.webhooks import DeliveryStatus
from leads.outbound import Call, Failure, Outlet, Reply
from leads.services import webhooks
from leads.services.teams import NotPossible
from leads.services.webhook_targets import Target, guard_for, open_target

from . import webhook_policy as policy
from .webhook_messages import body_of, headers_for

log = logging.getLogger(__name__)

AT_ONCE = 4  # calls of one worker
CALL_SECONDS = 10.0  # for one call in all, the name server included
MAX_ANSWER_BYTES = 64 * 1024  # nobody looks at it: only enough to let the connection be used again
RUN_SECONDS = 10.0  # one webhook is worked on this long, then others have their turn
LEASE_SECONDS = 60
POLL_SECONDS = 1.0


def send_until(stopping: threading.Event) -> None:
    """Send what is due, until the worker stops. The calls under way are waited for; each has its deadline."""
    spare = threading.Semaphore(AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while not stopping.is_set():
            try:
                _hand_out(pool, spare, stopping)
            except Error:
                log.warning("Webhooks wait: the database does not answer")
            except Exception:  # a worker without this thread would tell nobody anything
                log.exception("Handing out webhooks broke off; trying again")
            finally:
                close_old_connections()
            stopping.wait(POLL_SECONDS)


def _hand_out(pool: ThreadPoolExecutor, spare: threading.Semaphore, stopping: threading.Event) -> None:
    while not stopping.is_set() and spare.acquire(blocking=False):
        claimed = None
        try:
            claimed = claim(timezone.now())
        finally:
            if claimed is None:
                spare.release()
        if claimed is None:
            return
        pool.submit(_work_and_release, claimed, spare, stopping)


def _work_and_release(webhook: Webhook, spare: threading.Semaphore, stopping: threading.Event) -> None:
    try:
        work(webhook, stopping)
    except Error as exc:
        log.warning("A webhook's outcome could not be kept, so it may be told twice: %s", type(exc).__name__)
    except Exception:  # a pool would swallow it
        log.exception("Work on a webhook broke off")
    finally:
        close_old_connections()
        spare.release()


def claim(now: datetime) -> Webhook | None:
    """Take the next webhook that has something due, or None. Of two workers one gets it."""
    due = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), status=DeliveryStatus.WAITING, due_at__lte=now)
    busy_teams = Webhook.objects.filter(lease_until__gt=now).values("team")
    waiting = Webhook.objects.present().free(now).filter(Exists(due)).exclude(team__in=busy_teams)
    fairly = waiting.order_by("failures_in_a_row", F("tried_at").asc(nulls_first=True), "pk")
    for webhook in fairly.select_related("team")[:AT_ONCE]:
        webhook.lease_token, until = uuid4(), now + timedelta(seconds=LEASE_SECONDS)
        mine = Webhook.objects.present().free(now).filter(pk=webhook.pk)
        if mine.update(lease_token=webhook.lease_token, lease_until=until, tried_at=now):
            return webhook
    return None


def work(webhook: Webhook, stopping: threading.Event) -> None:
    """Send what is due for a claimed webhook, oldest first, until it fails, nothing is left or others want a turn."""
    stop_at = time.monotonic() + RUN_SECONDS
    outlet = Outlet({"User-Agent": f"lead-portal/{settings.PORTAL_VERSION}", "Accept": "*/*"})
    try:
        while time.monotonic() < stop_at and not stopping.is_set():
            if not _next(webhook, outlet):
                return
    finally:
        outlet.close()
        mine = Webhook.objects.filter(pk=webhook.pk, lease_token=webhook.lease_token)
        mine.update(lease_token=None, lease_until=None)


def _next(webhook: Webhook, outlet: Outlet) -> bool:
    """Send the next due event. False when there is none, or it could not be told."""
    rows = WebhookDelivery.objects.filter(webhook=webhook, status=DeliveryStatus.WAITING, due_at__lte=timezone.now())
    delivery = rows.select_related("event").order_by("due_at", "pk").first()
    if delivery is None:
        return False
    try:
        target = open_target(Webhook.objects.select_related("team").get(pk=webhook.pk))  # as it is now
    except (CannotOpen, ValueError):
        return record(webhook, delivery, Failure("cannot be opened", is_unusable=True))
    return record(webhook, delivery, _send(outlet, webhook.kind, target, delivery))


def _send(outlet: Outlet, kind: str, target: Target, delivery: WebhookDelivery) -> Reply | Failure:
    body = body_of(delivery.event, kind)
    return outlet.exchange(
        Call(CALL_SECONDS, guard=guard_for(target.address)),
        "POST",
        target.address,
        data=body,
        headers=headers_for(delivery.event, body, target.secret, at=timezone.now()),
        seconds=CALL_SECONDS,
        at_most=MAX_ANSWER_BYTES,
    )


def record(webhook: Webhook, delivery: WebhookDelivery, said: Reply | Failure) -> bool:
    """Write down what came of a try. True when it was told and the webhook is still this worker's."""
    trouble = policy.trouble_of(said)
    reply = said if isinstance(said, Reply) else said.reply
    tried = {
        "attempts": delivery.attempts + 1,
        "tried_at": timezone.now(),
        "http_status": reply.status if reply else None,
        "trouble": trouble,
    }
    if not trouble:
        return _record_told(webhook, delivery, tried)
    because = _record_trouble(webhook, delivery, said, tried)
    if because:  # a transaction of its own: it locks the team's log, which comes before its webhooks
        _switch_off(webhook, because)
    return False


@transaction.atomic
def _record_told(webhook: Webhook, delivery: WebhookDelivery, tried: dict[str, object]) -> bool:
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(status=DeliveryStatus.DELIVERED, **tried)
    Webhook.objects.filter(pk=webhook.pk).update(
        last_success_at=now, failing_since=None, failures_in_a_row=0, rest_until=None
    )
    mine = Webhook.objects.filter(pk=webhook.pk, lease_token=webhook.lease_token)
    return mine.update(lease_until=now + timedelta(seconds=LEASE_SECONDS)) == 1


@transaction.atomic
def _record_trouble(
    webhook: Webhook, delivery: WebhookDelivery, said: Reply | Failure, tried: dict[str, object]
) -> str:
    """Returns why the webhook is to be switched off, if it is."""
    now = timezone.now()
    mine = Webhook.objects.filter(pk=webhook.pk, lease_token=webhook.lease_token)
    fresh = mine.first()
    if fresh is None:
        return ""  # another worker has it since; what it finds counts
    failures, since = fresh.failures_in_a_row + 1, fresh.failing_since or now
    mine.update(
        failures_in_a_row=failures,
        failing_since=since,
        last_trouble=tried["trouble"],
        last_trouble_at=now,
        rest_until=now + timedelta(seconds=policy.rest_after(failures, said)),
    )
    attempts = delivery.attempts + 1
    wait = policy.wait_after(attempts, jitter=random.random)
    later = {"due_at": now + timedelta(seconds=wait)} if wait else {"status": DeliveryStatus.GIVEN_UP}
    WebhookDelivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.WAITING).update(**tried, **later)
    if tried["http_status"] == policy.GONE:
        return webhooks.GONE
    has_had_its_time = now - since >= policy.SWITCH_OFF_AFTER and attempts >= policy.SWITCH_OFF_ATTEMPTS
    return f"It has not worked for {policy.SWITCH_OFF_AFTER.days} days." if has_had_its_time else ""


def _switch_off(webhook: Webhook, because: str) -> None:
    try:
        webhooks.switch_off(webhook=webhook, because=because, actor=SYSTEM)
    except NotPossible:
        log.info("A webhook was removed while it failed")


def give_up_old() -> int:
    """Give up what waited a day behind a receiver that does not work."""
    old = WebhookDelivery.objects.filter(
        status=DeliveryStatus.WAITING, queued_at__lte=timezone.now() - policy.GIVE_UP_AFTER
    )
    return old.update(status=DeliveryStatus.GIVEN_UP, trouble="It could not be told within a day.")
