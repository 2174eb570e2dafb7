"""Makes some of what schemathesis makes up leads that can be entered, so that it gets past the form's rules."""

import json
import zlib

import schemathesis

#: Fields that text made at random is never right for.
CHOOSY = (
    "email", "phone", "contract_value", "contract_currency", "id_list", "lists", "status", "tags", "owners",
    "attributes", "linkedin_url", "linkedin_company_url", "company_linkedin_url", "avatar_url", "company_avatar_url",
    "website_url",
)  # fmt: skip


@schemathesis.hook
def map_case(context, case):
    """What is meant to be refused stays as it is."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.body = [enterable(lead) for lead in case.body] if isinstance(case.body, list) else enterable(case.body)
    return case


def enterable(lead):
    """The lead without what is refused mostly, and with a name; every other one stays as it is."""
    if not isinstance(lead, dict) or zlib.crc32(json.dumps(lead, sort_keys=True, default=str).encode()) % 2:
        return lead
    return {"first_name": "Sam", **{name: value for name, value in lead.items() if name not in CHOOSY}}
