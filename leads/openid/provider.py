"""A provider as it describes itself, and what is asked of it: a sign-in page, tokens, and more about a person."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from . import tokens, wire
from .errors import ProviderTrouble, Untrusted
from .tokens import Identity

WELL_KNOWN = "/.well-known/openid-configuration"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SCOPE = "openid email profile"


@dataclass(frozen=True)
class Client:
    """What this portal is to its provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    groups_claim: str
    ca_bundle: str = ""  # whose certificates are believed; the usual authorities when empty

    def ask(self, url: str, what: str, **how: Any) -> Mapping[str, Any]:
        return wire.fetch(url, what=what, ca_bundle=self.ca_bundle, **how)


@dataclass(frozen=True)
class Provider:
    """Where the provider's doors are. Made by ``discover``."""

    client: Client
    authorization_url: str
    token_url: str
    keys_url: str
    userinfo_url: str
    takes_secret_in_form: bool

    @classmethod
    def discover(cls, client: Client) -> Provider:
        """Read the provider's own description. Raises ``ProviderTrouble`` or ``Untrusted``."""
        said = client.ask(client.issuer.rstrip("/") + WELL_KNOWN, "its description")
        if said.get("issuer") != client.issuer:
            raise Untrusted("the provider's description names another issuer than OIDC_ISSUER")
        methods = said.get("token_endpoint_auth_methods_supported")
        return cls(
            client=client,
            authorization_url=_door(said, "authorization_endpoint", client.issuer),
            token_url=_door(said, "token_endpoint", client.issuer),
            keys_url=_door(said, "jwks_uri", client.issuer),
            userinfo_url=_door(said, "userinfo_endpoint", client.issuer) if said.get("userinfo_endpoint") else "",
            takes_secret_in_form=isinstance(methods, list) and "client_secret_post" in methods,
        )

    def sign_in_url(self, *, callback: str, state: str, nonce: str, challenge: str) -> str:
        """Where a browser is sent to sign in."""
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": callback,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(self.authorization_url).query else "?"
        return f"{self.authorization_url}{joint}{urlencode(query)}"

    def identify(self, *, code: str, callback: str, nonce: str, verifier: str) -> Identity:
        """Who came back with ``code``, by a token that was checked. Raises ``ProviderTrouble`` or ``Untrusted``."""
        answer = self._redeem(code, callback, verifier)
        keys = self.client.ask(self.keys_url, "its keys")
        claims = tokens.verify(
            answer.get("id_token"),
            keys=keys,
            issuer=self.client.issuer,
            client_id=self.client.client_id,
            nonce=nonce,
        )
        return tokens.identity_of(self._complete(claims, answer.get("access_token")), self.client.groups_claim)

    def _redeem(self, code: str, callback: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": verifier,
        }
        headers = {}
        if self.takes_secret_in_form:
            form |= {"client_id": self.client.client_id, "client_secret": self.client.client_secret}
        else:
            pair = f"{quote(self.client.client_id, safe='')}:{quote(self.client.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self.client.ask(self.token_url, "its tokens", form=form, headers=headers)

    def _complete(self, claims: Mapping[str, Any], access_token: Any) -> Mapping[str, Any]:
        """The token's claims, with what it left out from the userinfo page. What the token says comes first."""
        asked_for = {"email", self.client.groups_claim}
        if not self.userinfo_url or all(tokens.find(claims, name) is not None for name in asked_for):
            return claims
        if not isinstance(access_token, str) or not (access_token.isascii() and access_token.isprintable()):
            raise ProviderTrouble("the provider gave no access token (its tokens)")
        headers = {"Authorization": f"Bearer {access_token}"}
        more = self.client.ask(self.userinfo_url, "its userinfo", headers=headers)
        if more.get("sub") != claims["sub"]:
            raise Untrusted("the userinfo speaks of somebody else than the token")
        if "email" in claims:  # the verdict on an address belongs to that address alone
            more = {name: value for name, value in more.items() if name != "email_verified"}
        return {**more, **claims}


def _door(said: Mapping[str, Any], name: str, issuer: str) -> str:
    """An address from the description: https, or plain http where the issuer itself is on this machine."""
    url = said.get(name)
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise ProviderTrouble(f"the provider's description has no usable {name}")
    try:
        parts, home = urlsplit(url), urlsplit(issuer)
        _ = parts.port
    except ValueError:
        raise ProviderTrouble(f"the provider's description has no usable {name}") from None
    is_local = parts.scheme == "http" and {parts.hostname, home.hostname} <= LOOPBACK and home.scheme == "http"
    is_plain = parts.hostname and "@" not in parts.netloc and not parts.fragment
    if not is_plain or not (parts.scheme == "https" or is_local):
        raise ProviderTrouble(f"the provider's description has no usable {name}")
    return url
