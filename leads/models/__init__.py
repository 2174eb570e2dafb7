"""The tables, one module per noun. No workflow here: what may happen to a row stands in ``leads.services``."""

from .attempts import DeliveryAttempt
from .audit import AuditChain, AuditEntry
from .drafts import Draft
from .gateway import GatewayAnswer, GatewayRequest
from .imports import ImportFile, ImportMapping, ImportRow, LeadImport
from .invitations import Invitation
from .keys import BreakcoldKey, RateBucket
from .notifications import Event, NotificationSettings
from .pickers import CustomAttribute, PickerOption
from .presets import FormPreset
from .review import ReviewComment, ReviewLook, Revision
from .submissions import Submission
from .teams import Membership, Team
from .tokens import GatewayToken
from .users import User
from .views import SavedView
from .webhooks import Webhook, WebhookDelivery
from .workers import WorkerBeat

__all__ = [
    "AuditChain",
    "AuditEntry",
    "BreakcoldKey",
    "CustomAttribute",
    "DeliveryAttempt",
    "Draft",
    "Event",
    "FormPreset",
    "GatewayAnswer",
    "GatewayRequest",
    "GatewayToken",
    "ImportFile",
    "ImportMapping",
    "ImportRow",
    "Invitation",
    "LeadImport",
    "Membership",
    "NotificationSettings",
    "PickerOption",
    "RateBucket",
    "ReviewComment",
    "ReviewLook",
    "Revision",
    "SavedView",
    "Submission",
    "Team",
    "User",
    "Webhook",
    "WebhookDelivery",
    "WorkerBeat",
]
