"""How the floors below delivery wake it without knowing it. Never used for audit."""

from django.dispatch import Signal

#: Sent inside the transaction that made a submission ready to leave. Arguments: ``team`` and ``send_after``.
submission_queued = Signal()
#: Sent inside the transaction that gave a team a key, or reopened one. Argument: ``team``.
key_ready = Signal()
