"""A small OpenID provider on a real loopback port. It checks what the portal sends as strictly as a real one, and lies
on order: ``provider.twist`` changes a token before or after it is signed, ``provider.faults`` replaces a whole answer.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "portal/1"
CLIENT_SECRET = "canary secret/+%:4711"
KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("first", "second")}


@dataclass
class Token:
    """An id token on its way out, for ``twist`` to change."""

    claims: dict[str, Any]
    headers: dict[str, Any]
    key: Any
    algorithm: str = "RS256"
    after: Callable[[str], Any] = str  # what becomes of the signed text

    def sign(self) -> Any:
        return self.after(jwt.encode(self.claims, self.key, algorithm=self.algorithm, headers=self.headers))


@dataclass
class OpenIDProvider:
    issuer: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "person-1"})
    userinfo: dict[str, Any] | None = None  # what it says there alone
    description: dict[str, Any] = field(default_factory=dict)  # laid over the true one
    key_name: str = "first"
    published: list[dict[str, Any]] | None = None  # instead of the true keys
    twist: Callable[[Token], None] = lambda token: None
    token_answer: dict[str, Any] = field(default_factory=dict)  # laid over the true one
    faults: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    callback: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access_tokens: set[str] = field(default_factory=set)
    seen: list[tuple[str, str]] = field(default_factory=list)  # path, what came with it

    def describe(self) -> dict[str, Any]:
        doors = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "userinfo",
        }
        return {
            "issuer": self.issuer,
            **{name: f"{self.issuer}/{path}" for name, path in doors.items()},
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.description,
        }

    def keys(self) -> dict[str, Any]:
        if self.published is not None:
            return {"keys": self.published}
        return {"keys": [public_key(name) for name in KEYS]}

    def authorize(self, query: dict[str, str]) -> str:
        """Somebody signed in on the provider's page: where their browser is sent."""
        assert query["response_type"] == "code" and query["client_id"] == CLIENT_ID
        assert query["redirect_uri"] == self.callback, query["redirect_uri"]
        assert "openid" in query["scope"].split() and query["state"] and query["nonce"]
        assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{self.callback}?{urlencode({'code': code, 'state': query['state'], 'iss': self.issuer})}"

    def redeem(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or client_of(form, authorization) != (CLIENT_ID, CLIENT_SECRET)
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]
        ):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        token = Token({**claims, **self.person}, {"kid": self.key_name}, KEYS[self.key_name])
        self.twist(token)
        access_token = secrets.token_urlsafe(16)
        self.access_tokens.add(access_token)
        return {"access_token": access_token, "token_type": "Bearer", "id_token": token.sign(), **self.token_answer}


def public_key(name: str, **changes: Any) -> dict[str, Any]:
    key = jwt.algorithms.RSAAlgorithm.to_jwk(KEYS[name].public_key(), as_dict=True)
    return {**key, "kid": name, "use": "sig", "alg": "RS256", **changes}


def client_of(form: dict[str, str], authorization: str) -> tuple[str, str]:
    if authorization.startswith("Basic "):
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return unquote(name), unquote(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer({name: values[0] for name, values in parse_qs(raw).items()})

    def _answer(self, form: dict[str, str]) -> None:
        provider, parts = self.server.provider, urlsplit(self.path)
        provider.seen.append((parts.path, self.headers.get("Authorization", "")))
        fault = provider.faults.get(parts.path)
        if fault:
            fault(self)
        elif parts.path == "/.well-known/openid-configuration":
            say(self, provider.describe())
        elif parts.path == "/keys":
            say(self, provider.keys())
        elif parts.path == "/authorize":
            say(self, {}, 302, Location=provider.authorize({n: v[0] for n, v in parse_qs(parts.query).items()}))
        elif parts.path == "/token" and self.command == "POST":
            answer = provider.redeem(form, self.headers.get("Authorization", ""))
            say(self, answer or {"error": "invalid_grant"}, 200 if answer else 400)
        elif parts.path == "/userinfo":
            is_ours = self.headers.get("Authorization", "").removeprefix("Bearer ") in provider.access_tokens
            say(self, {"sub": provider.person.get("sub"), **(provider.userinfo or {})}, 200 if is_ours else 401)
        else:
            say(self, {}, 404)

    def log_message(self, *args: Any) -> None:
        pass


def say(handler: BaseHTTPRequestHandler, value: Any, status: int = 200, **headers: str) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    for name, text in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: OpenIDProvider

    def handle_error(self, *args: Any) -> None:
        """A portal that hangs up early is part of the tests."""


@contextmanager
def running_provider(certificate: Path | None = None) -> Iterator[OpenIDProvider]:
    """Over https with a ``certificate``: a file that holds it and its key."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        server.provider = OpenIDProvider(issuer=f"{scheme}://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.provider
        finally:
            server.shutdown()
            thread.join()


def make_certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """A certificate that vouches for itself, with its key, in one file."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "only for tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEYS["first"].public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(KEYS["first"], hashes.SHA256())
    )
    key = KEYS["first"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "provider.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key)
    return path


class _StayHere(HTTPRedirectHandler):
    def http_error_302(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any) -> Any:
        return fp


def visit(url: str) -> str:
    """What the person's browser does at the provider: opens ``url``, and is told where to go next."""
    with build_opener(_StayHere).open(url, timeout=10) as answer:
        return str(answer.headers["Location"])
