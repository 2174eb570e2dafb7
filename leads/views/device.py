"""Browsers that an account knows: those it has been signed in with. Their tries at the password are counted apart, so
that somebody who tries from elsewhere all day cannot keep the owner out.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from leads.models import User

SALT = "leads.device"
DAYS = 180


def remember(response: HttpResponse, user: User) -> None:
    """Mark this browser as one of theirs. The mark opens nothing."""
    value = signing.dumps([str(user.public_id), secrets.token_urlsafe(12)], salt=SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        value,
        max_age=DAYS * 24 * 3600,
        httponly=True,
        secure=settings.PORTAL_IS_HTTPS,
        samesite="Lax",
    )


def known_to(request: HttpRequest, email: str) -> str:
    """What tells this browser apart among those this account knows; empty when it is none of them."""
    try:
        owner, name = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=DAYS * 24 * 3600
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    address = User.objects.filter(public_id=owner).values_list("email", flat=True).first()
    return str(name) if address and address.lower() == email.strip().lower() else ""
