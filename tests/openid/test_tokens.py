"""Tokens that do not hold, each made by a real provider and fetched from it; and who is in those that do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from leads.openid import Client, Identity, Provider, ProviderTrouble, Untrusted

from .loopback import CLIENT_ID, CLIENT_SECRET, KEYS, OpenIDProvider, Token, public_key, visit

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
NOW = int(time.time())
Twist = Callable[[Token], Any]


def sign_in(provider: OpenIDProvider, us: Client, *, nonce: str = "nonce-1", verifier: str = VERIFIER) -> Identity:
    """One sign-in from end to end, without a browser's pages."""
    doors = Provider.discover(us)
    url = doors.sign_in_url(callback=provider.callback, state="state-1", nonce="nonce-1", challenge=CHALLENGE)
    code = visit(url).split("code=")[1].split("&")[0]
    return doors.identify(code=code, callback=provider.callback, nonce=nonce, verifier=verifier)


def claims(**changes: Any) -> Twist:
    return lambda token: token.claims.update(changes)


def without(name: str) -> Twist:
    return lambda token: token.claims.pop(name)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_secret(secret: bytes) -> Twist:
    """Signed with something that is no secret, or none of the provider's: by hand, the library refuses to."""

    def twist(token: Token) -> None:
        def forge(_: str) -> str:
            head = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(token.claims)}"
            digest = hmac.new(secret, head.encode(), hashlib.sha256).digest()
            return f"{head}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

        token.after = forge

    return twist


def unsigned(algorithm: str) -> Twist:
    def twist(token: Token) -> None:
        token.after = lambda _: f"{part({'alg': algorithm, 'kid': 'first'})}.{part(token.claims)}."

    return twist


def after(change: Callable[[str], Any]) -> Twist:
    def twist(token: Token) -> None:
        token.after = change

    return twist


def signed_by_another(token: Token) -> None:
    token.key = KEYS["second"]


def brings_its_own_key(token: Token) -> None:
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token.key, token.headers["jwk"] = own, jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key(), as_dict=True)


def change_the_subject(text: str) -> str:
    head, body, signature = text.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{part({**said, 'sub': 'person-2'})}.{signature}"


PUBLIC_PEM = (
    KEYS["first"].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)
WRONG: dict[str, Twist] = {
    "nonce of another sign-in": claims(nonce="nonce-2"),
    "no nonce": without("nonce"),
    "nonce is a list": claims(nonce=["nonce-1"]),
    "nonce is empty": claims(nonce=""),
    "for another application": claims(aud="somebody-else"),
    "for several others": claims(aud=["a", "b"]),
    "for several, made for nobody": claims(aud=[CLIENT_ID, "b"]),
    "for several, made for another": claims(aud=[CLIENT_ID, "b"], azp="b"),
    "made for another": claims(azp="b"),
    "for nobody": without("aud"),
    "audience is a number": claims(aud=7),
    "from another issuer": claims(iss="https://login.example.com"),
    "from no issuer": without("iss"),
    "from an issuer that looks alike": lambda token: token.claims.update(iss=token.claims["iss"] + "/"),
    "run out": claims(exp=NOW - 3600, iat=NOW - 7200),
    "never runs out": without("exp"),
    "runs out at infinity": claims(exp=float("inf")),
    "issued tomorrow": claims(iat=NOW + 86_400, exp=NOW + 90_000),
    "issued at no time": without("iat"),
    "good from tomorrow": claims(nbf=NOW + 86_400),
    "about nobody": without("sub"),
    "about an empty name": claims(sub=""),
    "about a number": claims(sub=1),
    "about a very long name": claims(sub="x" * 192),
    "about a name with a line end": claims(sub="person-1\n"),
    "unsigned": unsigned("none"),
    "unsigned, spelt otherwise": unsigned("nOnE"),
    "algorithm is a list": unsigned(["RS256"]),  # type: ignore[arg-type]
    "signed with our secret": with_secret(CLIENT_SECRET.encode()),
    "signed with the public key": with_secret(PUBLIC_PEM),
    "signed by another key": signed_by_another,
    "signed by a key nobody knows": lambda token: token.headers.update(kid="third"),
    "names no key of two": lambda token: token.headers.pop("kid"),
    "brings its own key": brings_its_own_key,
    "changed after it was signed": after(change_the_subject),
    "signature cut off": after(lambda text: text.rpartition(".")[0] + "."),
    "signature of something else": after(lambda text: text[:-8] + "AAAAAAAA"),
    "two parts": after(lambda text: text.rpartition(".")[0]),
    "five parts": after(lambda text: f"{text}.a.b"),
    "no token": after(lambda text: None),
    "an empty one": after(lambda text: ""),
    "a number": after(lambda text: 7),
    "a list": after(lambda text: [text]),
    "no ASCII": after(lambda text: text + "é"),
    "a very long one": after(lambda text: text + "A" * 200_000),
    "header is no object": after(lambda text: f"{part([1])}.{text.partition('.')[2]}"),
    "claims are no object": after(lambda text: f"{text.partition('.')[0]}.{part([1])}.x"),
    "groups are a number": claims(groups=7),
    "groups are an object": claims(groups={"brewers": True}),
    "groups hold a number": claims(groups=["brewers", 7]),
    "groups did not fit": claims(_claim_names={"groups": "src1"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_refuses_a_token_that_is(what: str, provider: OpenIDProvider, us: Client) -> None:
    provider.person |= {"email": "bob@example.com"}
    provider.twist = WRONG[what]
    with pytest.raises(Untrusted) as caught:
        sign_in(provider, us)
    assert caught.value.__cause__ is None and "person-1" not in str(caught.value)


def test_it_takes_the_same_token_unchanged(provider: OpenIDProvider, us: Client) -> None:
    assert sign_in(provider, us) == Identity("person-1")


def test_it_refuses_a_token_of_the_sign_in_before(provider: OpenIDProvider, us: Client) -> None:
    kept: list[str] = []
    provider.twist = after(lambda text: kept.append(text) or text)
    sign_in(provider, us)
    provider.twist = after(lambda text: kept[0])
    with pytest.raises(Untrusted):
        sign_in(provider, us, nonce="nonce-2")


def test_it_gets_nothing_for_a_stolen_code(provider: OpenIDProvider, us: Client) -> None:
    """Whoever has the code alone lacks the verifier (PKCE)."""
    with pytest.raises(ProviderTrouble):
        sign_in(provider, us, verifier="w" * 64)


def test_it_refuses_a_short_key(provider: OpenIDProvider, us: Client) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    provider.published = [
        {**jwt.algorithms.RSAAlgorithm.to_jwk(short.public_key(), as_dict=True), "kid": "first", "use": "sig"}
    ]
    with pytest.raises(Untrusted, match="too short"):
        sign_in(provider, us)


@pytest.mark.parametrize(
    "changes", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "oct", "k": "AAAA"}, {"n": "AQAB"}, {"n": 7}, {"e": ""}]
)
def test_it_refuses_a_key_that_is_for_something_else(
    changes: dict[str, Any], provider: OpenIDProvider, us: Client
) -> None:
    provider.published = [public_key("first", **changes)]
    with pytest.raises(Untrusted):
        sign_in(provider, us)


def test_it_refuses_two_keys_of_one_name(provider: OpenIDProvider, us: Client) -> None:
    provider.published = [public_key("first"), public_key("second", kid="first")]
    with pytest.raises(Untrusted):
        sign_in(provider, us)


@pytest.mark.parametrize("published", [[None, 7, [], {}], [{"kty": "RSA", "kid": "first"}]])
def test_it_refuses_keys_that_are_none(published: list[Any], provider: OpenIDProvider, us: Client) -> None:
    provider.published = published
    with pytest.raises(Untrusted):
        sign_in(provider, us)


def test_it_takes_a_token_that_names_no_key_of_one(provider: OpenIDProvider, us: Client) -> None:
    provider.published = [public_key("first")]
    provider.twist = lambda token: token.headers.pop("kid")
    assert sign_in(provider, us).subject == "person-1"


def test_it_takes_a_new_key_as_soon_as_it_is_published(provider: OpenIDProvider, us: Client) -> None:
    sign_in(provider, us)
    provider.key_name = "second"
    assert sign_in(provider, us).subject == "person-1"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ES256", ec.generate_private_key(ec.SECP256R1())), ("EdDSA", ed25519.Ed25519PrivateKey.generate())],
)
def test_it_takes_other_signatures_that_prove_as_much(
    algorithm: str, key: Any, provider: OpenIDProvider, us: Client
) -> None:
    kinds = {"ES256": jwt.algorithms.ECAlgorithm, "EdDSA": jwt.algorithms.OKPAlgorithm}
    public = kinds[algorithm].to_jwk(key.public_key(), as_dict=True)  # type: ignore[attr-defined]
    provider.published = [{**public, "kid": "first"}]

    def twist(token: Token) -> None:
        token.key, token.algorithm = key, algorithm

    provider.twist = twist
    assert sign_in(provider, us).subject == "person-1"


# Who it is


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({"email": "Bob@Example.com", "email_verified": True}, {"email": "bob@example.com", "is_email_verified": True}),
        ({"email": "b@x.example", "email_verified": "true"}, {"email": "b@x.example", "is_email_verified": True}),
        ({"email": "b@x.example", "email_verified": "false"}, {"email": "b@x.example", "is_email_verified": False}),
        ({"email": "b@x.example", "email_verified": 1}, {"email": "b@x.example", "is_email_verified": False}),
        ({"email": "b@x.example"}, {"email": "b@x.example", "is_email_verified": None}),
        ({"email": ["b@x.example"]}, {}),
        ({"email": "x" * 300}, {}),
        ({"email": "b@x.example\n\0"}, {}),
        ({"name": " Bob B. "}, {"name": "Bob B."}),
        ({"name": "B" * 101}, {}),
        ({"name": 7}, {}),
        ({"groups": ["a", "b", "a"]}, {"groups": frozenset("ab")}),
        ({"groups": "a"}, {"groups": frozenset("a")}),
        ({"groups": []}, {}),
        ({"_claim_names": {"other": "src1"}}, {}),
    ],
)
def test_it_reads_whom_a_token_speaks_of(
    said: dict[str, Any], known: dict[str, Any], provider: OpenIDProvider, us: Client
) -> None:
    provider.person |= said
    assert sign_in(provider, us) == Identity(**{"subject": "person-1", **known})


@pytest.mark.parametrize("claim", ["realm_access.roles", "https://portal.example/groups"])
def test_it_finds_groups_where_the_operator_says(claim: str, provider: OpenIDProvider) -> None:
    us = Client(provider.issuer, CLIENT_ID, CLIENT_SECRET, claim)
    provider.person |= {"realm_access": {"roles": ["a"]}, "https://portal.example/groups": ["a"], "groups": ["b"]}
    assert sign_in(provider, us).groups == {"a"}
