"""Web addresses: of profiles, and of sites."""

from __future__ import annotations

import re
from urllib.parse import unquote

#: Where a profile is, and the field its name goes to.
HANDLES = {
    "twitter.com": "twitter_name", "x.com": "twitter_name", "facebook.com": "facebook_username",
    "instagram.com": "instagram_username", "youtube.com": "youtube_username", "t.me": "telegram_username",
    "wa.me": "whatsapp_username",
}  # fmt: skip


def field_of_address(text: str) -> tuple[str, str]:
    bare = re.sub(r"(?i)\A(?:https?://)?(?:www\.|m\.)?", "", text)
    host, _, path = bare.partition("/")
    host, path = host.casefold(), path.partition("?")[0].strip("/")
    if host == "linkedin.com" or host.endswith(".linkedin.com"):
        is_company = path.casefold().startswith(("company/", "school/", "showcase/"))
        return ("linkedin_company_url" if is_company else "linkedin_url"), text
    handle = unquote(path.partition("/")[0]).removeprefix("@")
    if host in HANDLES and handle and "/" not in path:
        return HANDLES[host], handle
    return "website_url", text
