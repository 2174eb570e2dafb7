"""How the floors below delivery wake it without knowing it. Never used for audit."""

from django.dispatch import Signal

#: Sent inside the transaction that made a submission ready to leave. Arguments: ``submission``.
submission_queued = Signal()
#: Sent inside the transaction that gave a team a key, reopened or released one. Argument: ``key``.
key_ready = Signal()
