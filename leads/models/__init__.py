"""The tables, one module per noun. No workflow here: what may happen to a row stands in ``leads.services``."""

from .audit import AuditChain, AuditEntry
from .invitations import Invitation
from .keys import BreakcoldKey, RateBucket
from .pickers import CustomAttribute, PickerOption
from .presets import FormPreset
from .submissions import DeliveryAttempt, Submission
from .teams import Membership, Team
from .tokens import GatewayToken
from .users import User

__all__ = [
    "AuditChain",
    "AuditEntry",
    "BreakcoldKey",
    "CustomAttribute",
    "DeliveryAttempt",
    "FormPreset",
    "GatewayToken",
    "Invitation",
    "Membership",
    "PickerOption",
    "RateBucket",
    "Submission",
    "Team",
    "User",
]
