"""Mails to people who are not looking: about reviews (``digest.py``), and about what failed.

A thread of their own in every worker, so a mail server that hangs holds up nothing else. One mail for each burst of
failures, which ends after an hour without one.
Taking somebody's turn is a guarded update that keeps other workers away until the mail is sent and noted; a worker
that dies in between leaves a turn that runs out, and that mail goes out again: at least once.
"""

from __future__ import annotations

import logging
import smtplib
import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error, close_old_connections
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone

from leads.models import Event, Membership, NotificationSettings
from leads.models.notifications import LEAD_FAILURES, TEAM_FAILURES, EventKind
from leads.models.teams import Role
from leads.services.notifications import link_to

from . import digest
from .mail import GATHER, OVERLAP, REFERENCES, Mail, reachable

log = logging.getLogger(__name__)

POLL_SECONDS = 20.0
BURST_ENDS_AFTER = timedelta(hours=1)
FORGET_AFTER = timedelta(days=1)  # older failures are no news
TURN = timedelta(minutes=5)  # longer than sending one mail can take
RETRIES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
AT_MOST = 200  # people a round
SERVER_AWAY = (
    smtplib.SMTPServerDisconnected,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
)


def mail_until(stopping: threading.Event) -> None:
    """Send what is due, again and again until the worker stops. Does nothing without a mail server."""
    while not stopping.is_set() and settings.PORTAL_SENDS_MAIL:
        try:
            mail_round(stopping)
        except Error:
            log.warning("Mails wait: the database does not answer")
        except Exception:  # a worker without this thread would write to nobody
            log.exception("Sending mails broke off; trying again")
        finally:
            close_old_connections()
        stopping.wait(POLL_SECONDS)


def mail_round(stopping: threading.Event) -> int:
    """Everybody's turn once; how many mails went out. A mail server that is away ends the round."""
    now = timezone.now()
    sent = 0
    waiting = {each.pk: each for each in (*digest.due(now)[:AT_MOST], *_with_failures(now)[:AT_MOST])}
    for membership in waiting.values():
        if stopping.is_set():
            break
        turn = _take_turn(membership, now)
        if turn is None:
            continue
        try:
            sent += _write_to(membership, turn, now)
        except (OSError, ValueError) as exc:
            _try_later(turn, now, exc)
            if _is_server_away(exc):
                break
    return sent


def _is_server_away(exc: Exception) -> bool:
    """Whether the next mail would fare no better; else it is about this person's address or this one mail."""
    if isinstance(exc, smtplib.SMTPException):
        return isinstance(exc, SERVER_AWAY)
    return isinstance(exc, OSError)


def _with_failures(now: datetime) -> QuerySet[Membership]:
    """Those with failures they were not told of, and that belong to no burst they were told of as far as is known."""
    until = Coalesce(F("notifications__failures_until"), F("created_at") - OVERLAP)
    span = {"at__gt": OuterRef("told_until"), "at__gte": now - FORGET_AFTER, "at__lte": now - GATHER}
    news = Event.objects.filter(team=OuterRef("team"), **span)
    news = news.exclude(caused_by=OuterRef("user"))
    own = Q(notifications=None) | Q(notifications__own_failures=True)
    whole_team = (Q(notifications=None) | Q(notifications__team_failures=True)) & Q(role=Role.ADMIN)
    return (
        reachable(now)
        .annotate(told_until=until)
        .filter(
            (own & Q(Exists(news.filter(kind__in=LEAD_FAILURES, about=OuterRef("user")))))
            | (whole_team & Q(Exists(news.filter(kind__in=TEAM_FAILURES))))
        )
    )


def _take_turn(membership: Membership, now: datetime) -> NotificationSettings | None:
    """The person's row, kept from other workers for a while; None when one of them has it or was faster."""
    row, _ = NotificationSettings.objects.get_or_create(membership=membership)
    free = NotificationSettings.objects.filter(Q(mail_after=None) | Q(mail_after__lte=now), pk=row.pk)
    if not free.update(mail_after=now + TURN):
        return None
    row.refresh_from_db()
    return row


def _write_to(membership: Membership, row: NotificationSettings, now: datetime) -> int:
    mails = [mail for mail in (digest.write(membership, row, now), _failure_mail(membership, row, now)) if mail]
    noted: dict[str, Any] = {"mail_after": None, "mail_troubles": 0}
    for mail in mails:
        if mail.template:
            _send(membership, mail)
        noted |= mail.then
        NotificationSettings.objects.filter(pk=row.pk).update(**mail.then)
    NotificationSettings.objects.filter(pk=row.pk).update(**noted)
    return sum(bool(mail.template) for mail in mails)


def _failure_mail(membership: Membership, row: NotificationSettings, now: datetime) -> Mail | None:
    """For the burst that began after what was told. What only goes on is noted, not mailed."""
    events = _failures_for(membership, row, now)
    if not events:
        return None
    begins, last = 0, row.failures_until
    while begins < len(events) and last is not None and events[begins].at - last < BURST_ENDS_AFTER:
        last, begins = events[begins].at, begins + 1
    burst = events[begins:]
    if not burst:
        return Mail("", "", {}, {"failures_until": events[-1].at})
    if now - burst[0].at < GATHER:
        return None
    counts = Counter(event.kind for event in burst)
    references = dict.fromkeys(event.data["reference"] for event in burst if "reference" in event.data)
    context = {
        "failed": counts[EventKind.LEAD_FAILED],
        "unknown": counts[EventKind.LEAD_NEEDS_ATTENTION],
        "key_paused": bool(counts[EventKind.KEY_PAUSED]),
        "export": bool(counts[EventKind.EXPORT_LARGE]),
        "webhook_off": bool(counts[EventKind.WEBHOOK_SWITCHED_OFF]),
        "references": list(references)[:REFERENCES],
        "more": max(0, len(references) - REFERENCES),
        "link": link_to(membership.team, "submissions/"),
    }
    return Mail(_failure_subject(context), "failures", context, {"failures_until": burst[-1].at})


def _failures_for(membership: Membership, row: NotificationSettings, now: datetime) -> list[Event]:
    since = max(row.failures_until or membership.created_at - OVERLAP, now - FORGET_AFTER)
    wanted = Q(pk=None)
    if row.own_failures:
        wanted |= Q(kind__in=LEAD_FAILURES, about=membership.user)
    if row.team_failures and membership.is_admin:
        wanted |= Q(kind__in=TEAM_FAILURES)
    events = Event.objects.filter(wanted, team=membership.team, at__gt=since, at__lte=now)
    return list(events.exclude(caused_by=membership.user).order_by("at", "pk"))


def _failure_subject(context: dict[str, Any]) -> str:
    leads = context["failed"] + context["unknown"]
    if leads:
        return f"{leads} lead{'' if leads == 1 else 's'} did not get through"
    if context["key_paused"]:
        return "Leads wait: the key was paused"
    return "Very many leads were exported" if context["export"] else "A webhook was switched off"


def _send(membership: Membership, mail: Mail) -> None:
    place = link_to(membership.team, "notifications/")
    context = {**mail.context, "team": membership.team.slug, "place": place}
    EmailMessage(
        f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{membership.team.slug}: {mail.subject}",
        render_to_string(f"emails/{mail.template}.txt", context),
        to=[membership.user.email],
        headers={
            "List-Unsubscribe": f"<{place}>",
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<{uuid4().hex}@{settings.PORTAL_HOST}>",
        },
    ).send()


def _try_later(row: NotificationSettings, now: datetime, exc: Exception) -> None:
    log.warning("A mail could not be sent and is tried again later: %s", type(exc).__name__)
    later = now + RETRIES[min(row.mail_troubles, len(RETRIES) - 1)]
    NotificationSettings.objects.filter(pk=row.pk).update(mail_after=later, mail_troubles=F("mail_troubles") + 1)
