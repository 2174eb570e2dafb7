"""A created lead as Breakcold answers it: the 49 fields of the specification, in its order."""

from __future__ import annotations

from typing import Any

from leads.breakcold.fields import BY_NAME
from leads.breakcold.sandbox.world import OWNER_ID, SPACE_ID

RESPONSE_FIELDS = (
    "id", "email", "company", "phone", "linkedin_url", "linkedin_company_url", "facebook_username",
    "youtube_username", "instagram_username", "telegram_username", "whatsapp_username", "search_query", "created_at",
    "updated_at", "first_name", "icebreaker", "last_name", "website_url", "timezone", "city", "company_role",
    "twitter_name", "avatar_url", "icebreaker_2", "icebreaker_3", "icebreaker_4", "email_bounce_score",
    "twitter_company_name", "is_company", "is_contract", "is_tracked", "is_deleted", "is_deleted_at", "order",
    "contract_value", "contract_currency", "contract_name", "score", "ai_enabled", "ai_enabled_at", "ai_summary",
    "ai_profile", "is_draft", "last_interaction_at", "id_linkedin_company", "id_linkedin", "id_space", "usersId",
    "company_enrich",
)  # fmt: skip
_DEFAULTS: dict[str, Any] = {name: BY_NAME[name].default if name in BY_NAME else None for name in RESPONSE_FIELDS} | {
    "is_tracked": False,
    "is_deleted": False,
    "order": 0,
    "ai_enabled": False,
    "id_space": SPACE_ID,
    "usersId": OWNER_ID,
}


def present(entry: dict[str, Any]) -> dict[str, Any]:
    """The answer body for one ledger entry."""
    body = entry["body"]
    lead = _DEFAULTS | {name: body[name] for name in RESPONSE_FIELDS if name in body}
    lead |= {"id": entry["id"], "created_at": entry["time"], "updated_at": entry["time"]}
    if lead["contract_value"] is not None:
        lead["contract_value"] = int(lead["contract_value"])
    return lead
