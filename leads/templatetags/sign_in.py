from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def company_sign_in() -> str:
    """What the operator calls the sign-in provider; empty without one."""
    return str(settings.OIDC_NAME) if settings.OIDC_ISSUER else ""
