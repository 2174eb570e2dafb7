"""The mail that carries an invitation's link.

It is sent at once and by nobody else: a task of the queue would hold the link in the database. The invitation stands
before the mail is tried, so whatever the mail server does, the link is still there to be copied.
"""

from __future__ import annotations

import logging
import threading
from enum import StrEnum

from django.conf import settings
from django.core import mail

from leads.models import Invitation
from leads.models.teams import Role

from .members import A_ROLE

MAX_SECONDS = 10.0  # somebody waits for the page
log = logging.getLogger(__name__)


class Mailed(StrEnum):
    SENT = "sent"
    OFF = "off"  # no mail server is set up
    FAILED = "failed"  # it refused, or could not be reached
    SLOW = "slow"  # no answer in time; it may still take it


def is_set_up() -> bool:
    """Whether mail goes to people; without EMAIL_URL it goes into files that only the operator reads."""
    return not str(settings.EMAIL_BACKEND).endswith("filebased.EmailBackend")


def send(*, invitation: Invitation, link: str) -> Mailed:
    """Try to send the link, for a limited time. Never raises: what came of it is for the page to say."""
    if not is_set_up():
        return Mailed.OFF
    results: list[Mailed] = []
    sender = threading.Thread(target=lambda: results.append(_send(invitation, link)), daemon=True)
    sender.start()
    sender.join(MAX_SECONDS)
    return results[0] if results else Mailed.SLOW


def _send(invitation: Invitation, link: str) -> Mailed:
    try:
        mail.send_mail(
            subject=f"Invitation to {_line(invitation.team.name)}",
            message=_text(invitation, link),
            from_email=None,
            recipient_list=[invitation.email],
        )
    except Exception as exc:  # whatever a mail server or the way to it can do
        log.warning("an invitation could not be mailed: %s", type(exc).__name__)  # its text may hold the address
        return Mailed.FAILED
    return Mailed.SENT


def _text(invitation: Invitation, link: str) -> str:
    who = _line(str(invitation.invited_by)) if invitation.invited_by else "The operator"
    return f"""{who} invites you to the team “{_line(invitation.team.name)}” as {A_ROLE[Role(invitation.role)]}.

Open this link to accept:

{link}

It works once, for {invitation.email}, until {invitation.expires_at:%d %B %Y, %H:%M} UTC. Whoever has the link can use
it, so do not pass it on. If you did not expect it, do nothing.
"""


def _line(text: str) -> str:
    """On one line, as a mail's subject must be."""
    return " ".join(text.split())
