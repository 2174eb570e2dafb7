"""How the floors below tell the ones above what happened without knowing them. The log is never written by one."""

from django.dispatch import Signal

#: Sent inside the transaction that made a submission ready to leave. Arguments: ``submission``.
submission_queued = Signal()
#: Sent inside the transaction that gave a team a key, reopened or released one. Argument: ``key``.
key_ready = Signal()
#: Sent inside the transaction in which somebody asked to have a key's options read again. Argument: ``key``.
sync_wanted = Signal()
#: Sent inside the transaction of an audit entry, once it is written. Arguments: ``entry``, ``subject``, ``actor``.
entry_recorded = Signal()
