"""The words of the audit log. ``audit`` writes with them; whoever records imports ``Action`` from there."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Everything that is recorded, as ``area.past_tense``. The comment says when it happens."""

    TEAM_CREATED = "team.created"
    TEAM_ENVIRONMENT_CHANGED = "team.environment_changed"  # to practice, or back to live
    TEAM_RULES_CHANGED = "team.rules_changed"
    MEMBER_ADDED = "member.added"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_INVITED = "member.invited"  # a link was made for one address
    MEMBER_JOINED = "member.joined"  # by that link
    MEMBER_LEFT = "member.left"  # by themselves
    INVITATION_REVOKED = "invitation.revoked"  # taken back, or another link took its place
    INVITATION_USED = "invitation.used"  # by somebody who was in the team already
    MEMBER_KEPT = "member.kept"  # the last admin, whom groups no longer make one
    MEMBER_LINKED = "member.linked"  # can sign in with the company's account from now on
    MEMBER_UNLINKED = "member.unlinked"
    MEMBER_PASSWORD_SET = "member.password_set"  # by themselves, by a mailed link, or by an operator
    MEMBER_FACTOR_ADDED = "member.factor_added"  # an app, a passkey, or new recovery codes
    MEMBER_FACTOR_REMOVED = "member.factor_removed"
    MEMBER_FACTORS_RESET = "member.factors_reset"  # an operator took them all away, for somebody who lost them
    MEMBER_SESSIONS_ENDED = "member.sessions_ended"  # signed out everywhere, or everywhere else, by themselves
    MEMBER_SWITCHED_OFF = "member.switched_off"  # cannot sign in any more, anywhere
    MEMBER_SWITCHED_ON = "member.switched_on"
    KEY_SET = "key.set"  # a first key, or another one in its place
    KEY_REPLACED = "key.replaced"  # the key before it was revoked by setting a new one
    KEY_HELD = "key.held"  # somebody is about to replace it; its leads wait
    KEY_RELEASED = "key.released"  # its leads go on with it
    KEY_REVOKED = "key.revoked"  # taken out of use with none in its place
    KEY_CHECKED = "key.checked"  # somebody asked Breakcold whether it works
    KEY_PAUSED = "key.paused"  # Breakcold refused it or the address is wrong; its leads wait
    KEY_CIRCUIT_OPENED = "key.circuit_opened"  # three unclear answers in a row; its leads wait
    KEY_REOPENED = "key.reopened"  # the probe answered; its leads go on
    KEY_RESEALED = "key.resealed"  # sealed again with the newest encryption key
    PICKERS_SYNCED = "pickers.synced"
    PICKERS_SYNC_ASKED = "pickers.sync_asked"
    OPTION_ADDED = "option.added"  # one or many, typed in by hand
    OPTION_CHANGED = "option.changed"
    OPTION_REMOVED = "option.removed"  # cannot be chosen any more; stays readable on the leads that use it
    OPTION_REPLACED = "option.replaced"  # in all presets and waiting leads, by another or by none
    ATTRIBUTE_ADDED = "attribute.added"  # one or many, typed in or imported
    ATTRIBUTE_CHANGED = "attribute.changed"
    ATTRIBUTE_REMOVED = "attribute.removed"
    PRESET_CREATED = "preset.created"
    PRESET_CHANGED = "preset.changed"
    PRESET_MADE_DEFAULT = "preset.made_default"
    PRESET_DEFAULT_DROPPED = "preset.default_dropped"  # the form begins with all fields again
    PRESET_REMOVED = "preset.removed"  # kept for the leads entered with it
    TOKEN_ISSUED = "token.issued"
    TOKEN_ROTATED = "token.rotated"  # exchanged for a new one; the old one may go on for a while
    TOKEN_OVERLAP_ENDED = "token.overlap_ended"  # the old one of an exchange was ended early
    TOKEN_REVOKED = "token.revoked"
    NOTIFICATIONS_CHANGED = "notifications.changed"  # somebody chose which mails reach them
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_CHANGED = "webhook.changed"  # its name, address, events, secret, or switched by a person
    WEBHOOK_REMOVED = "webhook.removed"
    WEBHOOK_SWITCHED_OFF = "webhook.switched_off"  # by the portal: it kept failing, or said it is gone
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_REPLAYED = "webhook.replayed"  # one event is sent to it once more
    IMPORT_UPLOADED = "import.uploaded"
    IMPORT_READ = "import.read"  # the worker found rows in the file
    IMPORT_UNREADABLE = "import.unreadable"
    IMPORT_MAPPED = "import.mapped"  # somebody said which column is what
    IMPORT_CHECKED = "import.checked"  # every row was checked; nothing was sent
    IMPORT_BROKE_OFF = "import.broke_off"  # the check did, too often; somebody has to look at the columns
    IMPORT_CORRECTED = "import.corrected"  # a cell was changed before the start
    IMPORT_CONFIRMED = "import.confirmed"  # somebody started it, or sent it to review
    IMPORT_APPROVED = "import.approved"  # by a reviewer, as a whole
    IMPORT_SPLIT = "import.split"  # a reviewer wants to see its leads one by one
    IMPORT_SENT_BACK = "import.sent_back"
    IMPORT_REJECTED = "import.rejected"
    IMPORT_PAUSED = "import.paused"
    IMPORT_RESUMED = "import.resumed"
    IMPORT_CANCELLED = "import.cancelled"
    IMPORT_FINISHED = "import.finished"  # nothing of it waits any more
    MAPPING_SAVED = "mapping.saved"
    MAPPING_REMOVED = "mapping.removed"
    EXPORT_MADE = "export.made"  # leads, or this log, as a file
    EXPORT_REFUSED = "export.refused"  # more leads than one person may take out in a day
    DRAFT_BEGUN = "draft.begun"  # saved the first time; what is saved later is not recorded
    DRAFT_DISCARDED = "draft.discarded"  # thrown away by its author
    SUBMISSION_EDITED = "submission.edited"
    SUBMISSION_CORRECTED = "submission.corrected"  # by a reviewer, before deciding
    SUBMISSION_COMMENTED = "submission.commented"
    SUBMISSION_WITHDRAWN = "submission.withdrawn"  # out of review, a draft again
    SUBMISSION_SUBMITTED = "submission.submitted"  # into review
    SUBMISSION_QUEUED = "submission.queued"  # accepted for delivery
    SUBMISSION_APPROVED = "submission.approved"
    SUBMISSION_SENT_BACK = "submission.sent_back"
    SUBMISSION_REJECTED = "submission.rejected"
    SUBMISSION_CANCELLED = "submission.cancelled"  # undone before it left
    SUBMISSION_CLAIMED = "submission.claimed"  # the intent, committed before anything is sent
    SUBMISSION_CREATED = "submission.created"  # Breakcold named the new lead's id
    SUBMISSION_ARRIVED_LATE = "submission.arrived_late"  # a try taken for lost had created the lead too
    SUBMISSION_FAILED = "submission.failed"  # refused by Breakcold, or given up
    SUBMISSION_POSTPONED = "submission.postponed"  # nothing was created; it waits for another try
    SUBMISSION_BECAME_UNKNOWN = "submission.became_unknown"
    SUBMISSION_LOOKED_UP = "submission.looked_up"  # a look-up that settled nothing yet
    SUBMISSION_RESOLVED = "submission.resolved"  # an unknown outcome was settled
    SUBMISSION_REOPENED = "submission.reopened"
    SUBMISSION_RETRIED = "submission.retried"
