"""Dora works at the company, in its group "sales". The company's provider is real and runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.openid.loopback import CLIENT_ID, CLIENT_SECRET, OpenIDProvider, running_provider, visit

BEGIN = "/accounts/openid/"
CALLBACK = "/accounts/openid/callback/"
NAME = "Brewery & Co"
GROUPS = (("sales", "brewers", "member"), ("quality", "brewers", "reviewer"), ("leads-admins", "brewers", "admin"))


@pytest.fixture
def company(settings: Any, db: None) -> Iterator[OpenIDProvider]:
    with running_provider() as provider:
        provider.callback = f"http://testserver{CALLBACK}"
        provider.person = {
            "sub": "dora-1",
            "email": "dora@example.com",
            "email_verified": True,
            "name": "Dora D.",
            "groups": ["sales", "everybody"],
        }
        settings.PORTAL_URL = "http://testserver"
        settings.OIDC_ISSUER = provider.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME = NAME
        settings.OIDC_GROUPS = GROUPS
        yield provider


@pytest.fixture
def nobody(db: None) -> Client:
    return make_browser()


def make_browser() -> Client:
    """Somebody's browser; a page that crashes answers 500 instead of raising."""
    client = Client()
    client.raise_request_exception = False
    return client


def come_in(client: Client, begin: str = BEGIN, **query: str) -> Any:
    """Follow the button, sign in at the provider, come back: the portal's last answer."""
    return client.get(way_back(client, begin, **query))


def way_back(client: Client, begin: str = BEGIN, **query: str) -> str:
    """Where the provider sends the browser."""
    begun = client.get(begin, query)
    assert begun.status_code == 302, begun.content.decode()
    return visit(begun["Location"])


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
