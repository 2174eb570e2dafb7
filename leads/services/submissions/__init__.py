"""The life of a submission: one function per arrow, and the only place that changes ``Submission.state``.

Every change is a guarded update (this row, still in the state it was read in) that must hit exactly one row, with its
audit entry in the same transaction. Who loses a race gets ``IllegalTransition`` and nothing of theirs happened.
"""

from .arrows import IllegalTransition
from .body import body_of, digest_of
from .editing import correct, difference, has_written, save_values, swap_values
from .entry import AlreadySent, Entered, SwitchedMeanwhile, cancel, enter, enter_many, reopen, retry, submit, withdraw
from .importing import enter_imported
from .outcome import (
    LEASE_SECONDS,
    begin_look_up,
    claim_next,
    expire_lease,
    finish_look_up,
    note_late,
    postpone,
    record_created,
    record_failed,
    record_unknown,
)
from .parking import (
    CRASHES_AT_MOST,
    LOOK_UPS_DIED_IN_AT_MOST,
    clear,
    has_crashed_too_often,
    leave,
    look_ups_died_in,
    park,
    suspect,
)
from .review import (
    Overtaken,
    approve,
    comment_on,
    look_at,
    looked_since,
    may_decide,
    reject,
    required_comment,
    send_back,
    version_of,
)
from .settling import plan_look_up, resolve_found, resolve_given_up, resolve_missing, resolve_there

__all__ = [
    "CRASHES_AT_MOST",
    "LEASE_SECONDS",
    "LOOK_UPS_DIED_IN_AT_MOST",
    "AlreadySent",
    "Entered",
    "IllegalTransition",
    "Overtaken",
    "SwitchedMeanwhile",
    "approve",
    "begin_look_up",
    "body_of",
    "cancel",
    "claim_next",
    "clear",
    "comment_on",
    "correct",
    "difference",
    "digest_of",
    "enter",
    "enter_imported",
    "enter_many",
    "expire_lease",
    "finish_look_up",
    "has_crashed_too_often",
    "has_written",
    "leave",
    "look_at",
    "look_ups_died_in",
    "looked_since",
    "may_decide",
    "note_late",
    "park",
    "plan_look_up",
    "postpone",
    "record_created",
    "record_failed",
    "record_unknown",
    "reject",
    "reopen",
    "required_comment",
    "resolve_found",
    "resolve_given_up",
    "resolve_missing",
    "resolve_there",
    "retry",
    "save_values",
    "send_back",
    "submit",
    "suspect",
    "swap_values",
    "version_of",
    "withdraw",
]
