"""How the log names each action."""

from __future__ import annotations

from dataclasses import dataclass

from leads.audit import Action


@dataclass(frozen=True, slots=True)
class ActionWords:
    """``words`` follow the actor's name; ``tone`` is a tone of the style sheet."""

    words: str
    icon: str
    tone: str = "quiet"


ACTION_WORDS: dict[Action, ActionWords] = {
    Action.TEAM_CREATED: ActionWords("made the team", "users"),
    Action.MEMBER_ADDED: ActionWords("added a person", "user-plus"),
    Action.MEMBER_ROLE_CHANGED: ActionWords("changed a person’s role", "user-cog"),
    Action.MEMBER_REMOVED: ActionWords("took a person out of the team", "user-minus"),
    Action.KEY_SET: ActionWords("set the team’s key", "key-round"),
    Action.KEY_REPLACED: ActionWords("took the earlier key out of use", "key-round"),
    Action.KEY_PAUSED: ActionWords("paused the key: Breakcold did not accept it", "circle-pause", "danger"),
    Action.KEY_CIRCUIT_OPENED: ActionWords(
        "stopped sending for now: Breakcold does not answer", "circle-pause", "warn"
    ),
    Action.KEY_REOPENED: ActionWords("went on sending: Breakcold answers again", "circle-play", "ok"),
    Action.KEY_RESEALED: ActionWords("sealed the key again", "lock-keyhole"),
    Action.PICKERS_SYNCED: ActionWords("read the lists, tags and attributes from Breakcold", "refresh-cw"),
    Action.TOKEN_ISSUED: ActionWords("issued a token", "ticket"),
    Action.SUBMISSION_EDITED: ActionWords("changed it", "pencil"),
    Action.SUBMISSION_SUBMITTED: ActionWords("sent it to review", "eye", "info"),
    Action.SUBMISSION_QUEUED: ActionWords("entered it and sent it off", "send", "info"),
    Action.SUBMISSION_APPROVED: ActionWords("approved it", "circle-check", "ok"),
    Action.SUBMISSION_SENT_BACK: ActionWords("asked for changes", "message-square-reply", "warn"),
    Action.SUBMISSION_REJECTED: ActionWords("rejected it", "ban", "danger"),
    Action.SUBMISSION_CANCELLED: ActionWords("took it back", "undo-2"),
    Action.SUBMISSION_CLAIMED: ActionWords("began to send it to Breakcold", "arrow-up-right"),
    Action.SUBMISSION_CREATED: ActionWords("delivered it: it is in Breakcold", "circle-check", "ok"),
    Action.SUBMISSION_ARRIVED_LATE: ActionWords(
        "learned late that an earlier try had created it too: look for two of it in Breakcold", "copy", "warn"
    ),
    Action.SUBMISSION_FAILED: ActionWords("tried to deliver it: Breakcold did not take it", "circle-x", "danger"),
    Action.SUBMISSION_POSTPONED: ActionWords("put it back into the queue: nothing was created", "clock", "warn"),
    Action.SUBMISSION_BECAME_UNKNOWN: ActionWords("got no clear answer from Breakcold", "circle-question-mark", "warn"),
    Action.SUBMISSION_LOOKED_UP: ActionWords("looked for it in Breakcold", "search"),
    Action.SUBMISSION_RESOLVED: ActionWords("settled what became of it", "check-check", "info"),
    Action.SUBMISSION_REOPENED: ActionWords("opened it again", "rotate-ccw"),
    Action.SUBMISSION_RETRIED: ActionWords("sent it off again", "send", "info"),
}
