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
    Action.TEAM_ENVIRONMENT_CHANGED: ActionWords(
        "changed where new leads go: Breakcold or the practice sandbox", "flask-conical", "practice"
    ),
    Action.TEAM_RULES_CHANGED: ActionWords("changed the team’s rules", "sliders-horizontal"),
    Action.MEMBER_ADDED: ActionWords("added a person", "user-plus"),
    Action.MEMBER_ROLE_CHANGED: ActionWords("changed a person’s role", "user-cog"),
    Action.MEMBER_REMOVED: ActionWords("took a person out of the team", "user-minus"),
    Action.MEMBER_INVITED: ActionWords("invited somebody", "mail-plus"),
    Action.MEMBER_JOINED: ActionWords("joined the team by an invitation", "user-check", "ok"),
    Action.MEMBER_LEFT: ActionWords("left the team", "log-out"),
    Action.INVITATION_REVOKED: ActionWords("took an invitation back", "mail-x"),
    Action.INVITATION_USED: ActionWords("used an invitation, being in the team already", "mail-check"),
    Action.MEMBER_KEPT: ActionWords("kept the team’s last admin, whom groups make none", "shield-alert", "warn"),
    Action.MEMBER_LINKED: ActionWords("linked a company account to sign in with", "link"),
    Action.MEMBER_UNLINKED: ActionWords("took the link to a company account away", "unlink"),
    Action.MEMBER_PASSWORD_SET: ActionWords("set a new password", "key-round"),
    Action.MEMBER_FACTOR_ADDED: ActionWords("added a second factor", "shield-check"),
    Action.MEMBER_FACTOR_REMOVED: ActionWords("removed a second factor", "shield-minus", "warn"),
    Action.MEMBER_FACTORS_RESET: ActionWords("reset somebody’s second factor", "shield-off", "warn"),
    Action.MEMBER_SESSIONS_ENDED: ActionWords("signed out of every other browser", "log-out"),
    Action.MEMBER_SWITCHED_OFF: ActionWords("switched somebody off", "user-x", "warn"),
    Action.MEMBER_SWITCHED_ON: ActionWords("switched somebody on again", "user-check"),
    Action.KEY_SET: ActionWords("set the team’s key", "key-round"),
    Action.KEY_REPLACED: ActionWords("took the earlier key out of use", "key-round"),
    Action.KEY_HELD: ActionWords("held the queue to change the key", "circle-pause", "warn"),
    Action.KEY_RELEASED: ActionWords("let the queue go on with the key it had", "circle-play", "ok"),
    Action.KEY_REVOKED: ActionWords("took the key out of use", "key-round", "warn"),
    Action.KEY_CHECKED: ActionWords("asked Breakcold whether the key works", "refresh-cw"),
    Action.KEY_PAUSED: ActionWords("paused the key: Breakcold did not accept it", "circle-pause", "danger"),
    Action.KEY_CIRCUIT_OPENED: ActionWords(
        "stopped sending for now: Breakcold does not answer", "circle-pause", "warn"
    ),
    Action.KEY_REOPENED: ActionWords("went on sending: Breakcold answers again", "circle-play", "ok"),
    Action.KEY_RESEALED: ActionWords("sealed the key again", "lock-keyhole"),
    Action.PICKERS_SYNCED: ActionWords("read the lists, tags and attributes from Breakcold", "refresh-cw"),
    Action.PICKERS_SYNC_ASKED: ActionWords("asked to read the lists, tags and attributes again", "refresh-cw"),
    Action.OPTION_ADDED: ActionWords("typed in options", "list-plus"),
    Action.OPTION_CHANGED: ActionWords("changed an option", "pencil"),
    Action.OPTION_REMOVED: ActionWords("took an option away", "list-x"),
    Action.OPTION_REPLACED: ActionWords("replaced an option everywhere", "replace-all"),
    Action.ATTRIBUTE_ADDED: ActionWords("added custom attributes", "list-plus"),
    Action.ATTRIBUTE_CHANGED: ActionWords("changed a custom attribute", "pencil"),
    Action.ATTRIBUTE_REMOVED: ActionWords("took a custom attribute away", "list-x"),
    Action.PRESET_CREATED: ActionWords("made a preset", "layout-template"),
    Action.PRESET_CHANGED: ActionWords("changed a preset", "layout-template"),
    Action.PRESET_MADE_DEFAULT: ActionWords("made a preset the default", "star"),
    Action.PRESET_DEFAULT_DROPPED: ActionWords("let the form begin with all fields", "star-off"),
    Action.PRESET_REMOVED: ActionWords("removed a preset", "trash-2"),
    Action.TOKEN_ISSUED: ActionWords("issued a token", "ticket"),
    Action.TOKEN_ROTATED: ActionWords("exchanged a token for a new one", "refresh-ccw"),
    Action.TOKEN_OVERLAP_ENDED: ActionWords("ended the old token of an exchange", "ticket-x"),
    Action.TOKEN_REVOKED: ActionWords("revoked a token", "ticket-slash"),
    Action.NOTIFICATIONS_CHANGED: ActionWords("chose which mails reach them", "bell"),
    Action.WEBHOOK_ADDED: ActionWords("added a webhook", "webhook"),
    Action.WEBHOOK_CHANGED: ActionWords("changed a webhook", "webhook"),
    Action.WEBHOOK_REMOVED: ActionWords("removed a webhook", "webhook-off"),
    Action.WEBHOOK_SWITCHED_OFF: ActionWords("switched off a webhook that does not work", "webhook-off", "warn"),
    Action.WEBHOOK_TESTED: ActionWords("sent a test to a webhook", "webhook"),
    Action.WEBHOOK_REPLAYED: ActionWords("sent something to a webhook once more", "webhook"),
    Action.IMPORT_UPLOADED: ActionWords("uploaded a file to import", "file-up"),
    Action.IMPORT_READ: ActionWords("read the file", "file-search"),
    Action.IMPORT_UNREADABLE: ActionWords("could not read the file", "file-x", "danger"),
    Action.IMPORT_MAPPED: ActionWords("said which column is what", "columns-3"),
    Action.IMPORT_CHECKED: ActionWords("checked every row; nothing was sent", "list-checks"),
    Action.IMPORT_BROKE_OFF: ActionWords("broke off while checking the rows", "file-x", "danger"),
    Action.IMPORT_CORRECTED: ActionWords("corrected a cell before the start", "pencil"),
    Action.IMPORT_CONFIRMED: ActionWords("started the import", "play", "info"),
    Action.IMPORT_APPROVED: ActionWords("approved the import as a whole", "thumbs-up", "ok"),
    Action.IMPORT_SPLIT: ActionWords("wants to see the import’s leads one by one", "eye", "info"),
    Action.IMPORT_SENT_BACK: ActionWords("asked for changes to the import", "message-square-reply", "warn"),
    Action.IMPORT_REJECTED: ActionWords("rejected the import", "ban", "danger"),
    Action.IMPORT_PAUSED: ActionWords("paused the import", "circle-pause", "warn"),
    Action.IMPORT_RESUMED: ActionWords("let the import go on", "circle-play", "ok"),
    Action.IMPORT_CANCELLED: ActionWords("cancelled the rest of the import", "ban", "warn"),
    Action.IMPORT_FINISHED: ActionWords("finished the import", "flag", "ok"),
    Action.MAPPING_SAVED: ActionWords("kept a mapping of columns under a name", "save"),
    Action.MAPPING_REMOVED: ActionWords("removed a kept mapping", "trash-2", "warn"),
    Action.EXPORT_MADE: ActionWords("took leads, or this log, out as a file", "file-down"),
    Action.EXPORT_REFUSED: ActionWords("wanted to take out more leads than a day allows", "file-x", "warn"),
    Action.DRAFT_BEGUN: ActionWords("began a draft", "file-pen"),
    Action.DRAFT_DISCARDED: ActionWords("threw a draft away", "trash-2"),
    Action.SUBMISSION_EDITED: ActionWords("changed it", "pencil"),
    Action.SUBMISSION_CORRECTED: ActionWords("corrected it", "pencil-line"),
    Action.SUBMISSION_COMMENTED: ActionWords("commented on it", "message-square"),
    Action.SUBMISSION_WITHDRAWN: ActionWords("took it back out of review", "undo-2"),
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
