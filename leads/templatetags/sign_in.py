from __future__ import annotations

import json
from typing import Any

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.simple_tag
def company_sign_in() -> str:
    """What the operator calls the sign-in provider; empty without one."""
    return str(settings.OIDC_NAME) if settings.OIDC_ISSUER else ""


@register.filter
def as_json(value: Any) -> str:
    """For an attribute that a script reads; escaped like any text."""
    return json.dumps(value, cls=DjangoJSONEncoder)
