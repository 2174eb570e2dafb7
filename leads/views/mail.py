"""Mails about somebody's own account: handed over apart from the request, whose time would tell that there was one."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)
_hands = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def send_soon(message: EmailMessage) -> Future[None]:
    """Whoever waits for a mail that could not be sent asks for another one."""
    return _hands.submit(_send, message)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as exc:  # whatever a mail server may do
        logger.error("a mail about an account could not be sent: %s", type(exc).__name__)
