"""What both engines leave out of a copy, and what they do to one before anybody sees it."""

from __future__ import annotations

#: Emptied in a copy. A session's key is a sign-in to whoever reads it; the rest comes again by itself.
LEFT_OUT = ("django_session", "usersessions_usersession", "portal_cache", "leads_workerbeat")

#: Every key is held in the step that brings it back: a worker that runs meanwhile finds nothing to send.
HOLD_KEYS = (
    "UPDATE leads_breakcoldkey SET held_at = CURRENT_TIMESTAMP, held_by_id = NULL, hold_ends = false"
    " WHERE status <> 'revoked'"
)
