"""A provider that others wrote (oidc-provider-mock), over real HTTP: the whole way in, and tokens that do not hold.

Wrong tokens are signed with the provider's own key wherever that is not the point, and put into its own answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, build_opener

import jwt
import oidc_provider_mock
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from oidc_provider_mock import _app, _server

from leads.models import Membership, User
from leads.models.teams import Role, Source
from tests.openid.loopback import _StayHere

from .conftest import BEGIN, CALLBACK, GROUPS, is_in, make_browser

pytestmark = pytest.mark.filterwarnings("ignore")  # of the provider's own libraries
CLIENT_ID = "lead-portal"
DORA = {"email": "dora@example.com", "email_verified": True, "name": "Dora D.", "groups": ["sales", "everybody"]}


@dataclass
class RealProvider:
    """In front of the provider's application: keeps what it was asked for tokens, and may change its token."""

    application: Any
    storage: Any
    issuer: str = ""
    change: Callable[[dict[str, Any]], Any] | None = None  # the token's claims -> the token
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/oauth2/token":
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.asked.append(parse_qs(body.decode()))
        environ["wsgi.input"] = _Body(body)
        begun: list[Any] = []
        answer = json.loads(b"".join(self.application(environ, lambda *about: begun.extend(about))))
        if "id_token" in answer:
            self.tokens.append(answer["id_token"])
        if "id_token" in answer and self.change:
            claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
            answer["id_token"] = self.change(claims)
        text = json.dumps(answer).encode()
        start_response(begun[0], [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [text]

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        """With the provider's own key."""
        key = jwt.PyJWK(self.storage.jwk.as_dict(is_private=True), algorithm="RS256")
        return jwt.encode(claims, key.key, algorithm="RS256", headers={"kid": key.key_id, **headers})


class _Body:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, size: int = -1) -> bytes:
        body, self.body = self.body, b""
        return body


@pytest.fixture
def provider(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealProvider]:
    made: list[Any] = []
    storage = _app.Storage
    monkeypatch.setattr(_app, "Storage", lambda: made.append(storage()) or made[-1])
    application = oidc_provider_mock.app(
        require_client_registration=True,
        require_nonce=True,
        user_claims=[oidc_provider_mock.User(sub="dora-1", claims=dict(DORA))],
    )
    found = RealProvider(application, made[0])
    found.storage.store_client(
        _app.Client(
            id=CLIENT_ID,
            secret="a secret of the provider",
            redirect_uris=[f"http://testserver{CALLBACK}"],
            allowed_scopes=_app.Client.SCOPES_SUPPORTED,
            token_endpoint_auth_method="client_secret_basic",
        )
    )
    with _server._threaded_server(found, poll_interval=0.01) as server:
        found.issuer = f"http://localhost:{server.server_port}"
        settings.PORTAL_URL = "http://testserver"
        settings.OIDC_ISSUER, settings.OIDC_GROUPS = found.issuer, GROUPS
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, "a secret of the provider"
        yield found


def visit(client: Any, subject: str = "dora-1") -> str:
    """The browser goes to the provider and signs in there: where it is sent back to."""
    begun = client.get(BEGIN)
    return sign_in_there(begun["Location"], subject)


def sign_in_there(url: str, subject: str) -> str:
    request = Request(url, data=urlencode({"sub": subject}).encode())
    with build_opener(_StayHere).open(request, timeout=10) as answer:
        return str(answer.headers["Location"])


def come_in(client: Any, subject: str = "dora-1") -> Any:
    return client.get(visit(client, subject))


def places() -> list[tuple[str, str, str]]:
    return list(Membership.objects.values_list("team__slug", "role", "source"))


def test_it_lets_in_by_the_whole_way_and_gives_places_by_groups(team, provider):
    client = make_browser()
    begun = client.get(BEGIN)["Location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert client.get(sign_in_there(begun, "dora-1"))["Location"] == "/"
    assert is_in(client) and client.get("/t/brewers/submissions/").status_code == 200
    assert places() == [("brewers", Role.MEMBER, Source.GROUPS)]
    user = User.objects.get(email="dora@example.com")
    assert SocialAccount.objects.get().uid == "dora-1" and not user.is_staff and not user.has_usable_password()
    verifier = provider.asked[0]["code_verifier"][0]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert challenge == asked["code_challenge"]
    claims = jwt.decode(provider.tokens[0], options={"verify_signature": False})
    assert claims["nonce"] == asked["nonce"] and claims["aud"] in (CLIENT_ID, [CLIENT_ID])


def test_roles_follow_the_groups_and_the_person_stays_who_they_are(team, provider):
    come_in(make_browser())
    user = User.objects.get(email="dora@example.com")
    for groups, address, expected in (
        (["quality"], "dora@example.com", [("brewers", Role.REVIEWER, Source.GROUPS)]),
        (["leads-admins", "sales"], "dora.new@example.com", [("brewers", Role.ADMIN, Source.GROUPS)]),
    ):
        claims = {**DORA, "groups": groups, "email": address}
        provider.storage.store_user(oidc_provider_mock.User(sub="dora-1", claims=claims))
        client = make_browser()
        come_in(client)
        assert client.get("/t/brewers/submissions/").status_code == 200  # the company decides what it wants there
        assert places() == expected
    assert User.objects.get() == user and User.objects.get().email == "dora@example.com"


def is_in_after(do: Callable[[Any], Any]) -> bool:
    client = make_browser()
    do(client)
    return is_in(client)


def test_a_code_and_a_state_are_good_once(team, provider):
    client = make_browser()
    back = visit(client)
    assert client.get(back)["Location"] == "/"
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 400
    assert make_browser().get(back).status_code == 400
    assert len(provider.asked) == 1


def test_it_takes_nobody_in_whom_no_group_lets_in_and_another_subject_with_the_address_is_another(team, bob, provider):
    for claims in ({**DORA, "groups": []}, {**DORA, "groups": [], "email": bob.email}):
        provider.storage.store_user(oidc_provider_mock.User(sub="someone-2", claims=claims))
        client = make_browser()
        assert come_in(client, "someone-2").status_code == 403
        assert not is_in(client)
    assert not SocialAccount.objects.exists()


def wrong_tokens(provider: RealProvider) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """What comes instead of the right token, by what is wrong with it."""
    now, sign = int(time.time()), provider.sign
    other_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other_ec = ec.generate_private_key(ec.SECP256R1())
    kid = provider.storage.jwk.as_dict().get("kid")
    public = json.dumps(provider.storage.jwk.as_dict()).encode()

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def without(name: str) -> Callable[[dict[str, Any]], str]:
        return lambda claims: sign({key: value for key, value in claims.items() if key != name})

    def unsigned(algorithm: str) -> Callable[[dict[str, Any]], str]:
        return lambda claims: f"{part({'alg': algorithm, 'kid': kid})}.{part(claims)}."

    def shared_secret(secret: bytes) -> Callable[[dict[str, Any]], str]:
        def forge(claims: dict[str, Any]) -> str:
            head = f"{part({'alg': 'HS256', 'kid': kid})}.{part(claims)}"
            digest = hmac.new(secret, head.encode(), hashlib.sha256).digest()
            return f"{head}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

        return forge

    def with_other_claims(claims: dict[str, Any]) -> str:
        head, _, signature = sign(claims).split(".")
        return f"{head}.{part({**claims, 'sub': 'root'})}.{signature}"

    return {
        "not signed": unsigned("none"),
        "not signed, spelt otherwise": unsigned("NoNe"),
        "signed with the client's secret": shared_secret(b"a secret of the provider"),
        "signed with the public key as a secret": shared_secret(public),
        "signed by another": lambda c: jwt.encode(c, other_rsa, algorithm="RS256", headers={"kid": kid}),
        "signed by another, in another way": lambda c: jwt.encode(c, other_ec, algorithm="ES256", headers={"kid": kid}),
        "a key the provider has not": lambda c: sign(c, kid="another"),
        "claims changed after signing": with_other_claims,
        "signature cut off": lambda c: sign(c).rsplit(".", 1)[0] + ".",
        "another issuer": lambda c: sign({**c, "iss": "https://evil.example"}),
        "the issuer with a slash": lambda c: sign({**c, "iss": provider.issuer + "/"}),
        "for another application": lambda c: sign({**c, "aud": "another"}),
        "for us among others, made for another": lambda c: sign({**c, "aud": [CLIENT_ID, "b"], "azp": "b"}),
        "for us among others, made for nobody": lambda c: sign({**c, "aud": [CLIENT_ID, "b"]}),
        "run out": lambda c: sign({**c, "exp": now - 120}),
        "from the future": lambda c: sign({**c, "iat": now + 3600}),
        "not yet good": lambda c: sign({**c, "nbf": now + 3600}),
        "of another sign-in": lambda c: sign({**c, "nonce": "another"}),
        "of no sign-in": without("nonce"),
        "of nobody": without("sub"),
        "of an empty name": lambda c: sign({**c, "sub": ""}),
        "of a list of people": lambda c: sign({**c, "sub": ["dora-1"]}),
        "without an end": without("exp"),
        "without an issuer": without("iss"),
        "without an application": without("aud"),
        "the one of an earlier sign-in": lambda c: provider.tokens[0],
        "no token": lambda c: None,
        "no text": lambda c: {"sub": "dora-1"},
        "not a token": lambda c: "a.b.c",
    }


def test_it_refuses_every_wrong_token(team, provider):
    """Nobody comes in by one, nobody is made by one, and after all of them the right one still works."""
    assert is_in_after(come_in)
    users = User.objects.count()
    wrong = wrong_tokens(provider)
    assert len(wrong) >= 20
    let_in = []
    for what, change in wrong.items():
        client = make_browser()
        client.defaults["REMOTE_ADDR"] = f"192.0.2.{len(let_in)}"
        provider.change = change
        answer = come_in(client)
        if answer.status_code != 403 or is_in(client) or "_auth_user_id" in client.session:
            let_in.append((what, answer.status_code))
    assert let_in == []
    assert User.objects.count() == users
    provider.change = None
    assert is_in_after(come_in)


def test_the_tokens_it_refuses_are_right_but_for_the_one_thing(team, provider):
    """The provider's own key, used by the tests, makes tokens that are let in."""
    provider.change = provider.sign
    assert is_in_after(come_in)
