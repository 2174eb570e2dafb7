"""What makes an id token believable, and whom it speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from .errors import ProviderTrouble, Untrusted

#: Signed with a private key only the provider has. Neither "none" nor a shared secret proves anything here.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEY_TYPES = ("RSA", "EC", "OKP")
MIN_RSA_BITS = 2048
LEEWAY_SECONDS = 60  # for clocks that differ
MAX_SUBJECT_CHARACTERS = 191  # what the table of linked accounts holds
MAX_TOKEN_CHARACTERS = 100_000
MAX_NAME_CHARACTERS = 100
MAX_EMAIL_CHARACTERS = 254


@dataclass(frozen=True)
class Identity:
    """Whom the provider vouches for. ``subject`` alone says who it is: addresses change hands."""

    subject: str
    email: str = ""
    is_email_verified: bool | None = None  # None: the provider does not say
    name: str = ""
    groups: frozenset[str] = field(default_factory=frozenset)


def verify(token: Any, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> Mapping[str, Any]:
    """The claims of an id token: signed by one of ``keys``, by this issuer, for us, for this very sign-in, still good.

    Raises ``Untrusted``.
    """
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARACTERS:
        raise Untrusted("there is no id token")
    try:
        header = jwt.get_unverified_header(token)
        key = _key_for(header, keys)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key.key,
            algorithms=[header["alg"]],
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as exc:
        raise Untrusted(f"the id token does not hold ({type(exc).__name__})") from None
    _check_claims(claims, client_id, nonce)
    return claims


def _key_for(header: Mapping[str, Any], keys: Mapping[str, Any]) -> jwt.PyJWK:
    """The provider's key that the token names; a token that names none needs a provider with a single one."""
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Untrusted("the id token is not signed in a way that proves anything")
    listed = keys.get("keys")
    if not isinstance(listed, list):
        raise ProviderTrouble("the provider's keys are not in the shape they should be")
    usable = [
        key
        for key in listed
        if isinstance(key, dict)
        and key.get("kty") in KEY_TYPES
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (name is None or key.get("kid") == name)
    ]
    if len(usable) != 1:
        raise Untrusted("the id token is not signed with one of the provider's keys")
    key = jwt.PyJWK(usable[0], algorithm=algorithm)
    if isinstance(key.Algorithm, RSAAlgorithm) and key.key.key_size < MIN_RSA_BITS:
        raise Untrusted("the provider's key is too short")
    return key


def _check_claims(claims: Mapping[str, Any], client_id: str, nonce: str) -> None:
    """What the library leaves open: the nonce, who the token was made for where several are named, and the subject."""
    if claims.get("nonce") != nonce:
        raise Untrusted("the id token belongs to another sign-in (nonce)")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise Untrusted("the id token was made for another application (azp)")
    subject = claims["sub"]
    if not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS or not (subject.isascii() and subject.isprintable()):
        raise Untrusted("the id token names nobody (sub)")


def identity_of(claims: Mapping[str, Any], groups_claim: str) -> Identity:
    """Whom checked claims speak of. Raises ``Untrusted`` where the groups cannot be read."""
    email, verified = claims.get("email"), claims.get("email_verified")
    return Identity(
        subject=claims["sub"],
        email=_text(email, MAX_EMAIL_CHARACTERS).lower(),
        is_email_verified=None if verified is None else verified is True or verified == "true",
        name=_text(claims.get("name"), MAX_NAME_CHARACTERS),
        groups=_groups(claims, groups_claim),
    )


def _text(value: Any, limit: int) -> str:
    """A text that may be kept and shown, or nothing."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= limit and text.isprintable() else ""


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The groups. None where the claim is missing: that is how many providers say so."""
    value = find(claims, name)
    elsewhere = claims.get("_claim_names")
    if value is None and isinstance(elsewhere, dict) and name in elsewhere:
        raise Untrusted("the person is in too many groups for the token: let the provider send fewer of them")
    found = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(group, str) for group in found):
        raise Untrusted("the groups in the id token are no list of names")
    return frozenset(found)


def find(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a path such as ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
