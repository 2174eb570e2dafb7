"""Who asks: the token in ``X-API-KEY``, and nothing else. What is refused is never repeated or logged."""

from __future__ import annotations

import re
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from leads.models import GatewayToken
from leads.services import tokens
from leads.services.tokens import Useless

from .errors import Refusal

HEADER = "X-API-KEY"
OURS = re.compile(r"lpt_[A-Za-z0-9_-]{20,100}")
BREAKCOLDS = ("breakcold-usr", "bc_live_")
CHALLENGE = {"WWW-Authenticate": f'ApiKey realm="portal", header="{HEADER}"'}

SENTENCES = {
    Useless.REVOKED: "This token was revoked. Ask an admin of your team for a new one.",
    Useless.EXPIRED: "This token has expired. Ask an admin of your team for a new one.",
    Useless.REPLACED: "This token was exchanged for a new one, and its time is over.",
    Useless.OWNER_LEFT: "The person this token belongs to is no longer in the team.",
}


def presented(request: HttpRequest) -> str:
    """The text in the header, if it can be a token of ours. Raises ``Refusal``."""
    text = str(request.META.get("HTTP_X_API_KEY", "")).strip()
    if settings.PORTAL_IS_HTTPS and not request.is_secure():
        raise Refusal(403, "https_only", "Use https. What was sent just now crossed the network in the open.")
    if not text:
        raise _unauthorized("token_missing", f"Send a portal token in the {HEADER} header.")
    if text.lower().startswith(BREAKCOLDS):
        raise _unauthorized(
            "breakcold_key",
            "This is a key of Breakcold. The portal takes its own tokens, which begin with lpt_. Take the Breakcold "
            "key out of your script; an admin of your team can issue a token.",
        )
    if "," in text:
        raise _unauthorized("two_tokens", f"Send the {HEADER} header once, with one token in it.")
    if not OURS.fullmatch(text):
        raise _unauthorized("token_unknown", "This is not a token of this portal. Tokens begin with lpt_.")
    return text


def find(plain: str) -> GatewayToken:
    """The token with this text, working or not. Raises ``Refusal`` when there is none."""
    token = tokens.find_token(plain)
    if token is None:
        raise _unauthorized("token_unknown", "This portal has no such token.")
    return token


def check(token: GatewayToken, plain: str, *, now: datetime) -> None:
    """Raises ``Refusal`` unless the token works at this moment."""
    useless = tokens.why_useless(token, plain, now=now)
    if useless is not None:
        raise _unauthorized(f"token_{useless.value}", SENTENCES[useless])


def _unauthorized(reason: str, message: str) -> Refusal:
    return Refusal(401, reason, message, headers=CHALLENGE)
