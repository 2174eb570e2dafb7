from __future__ import annotations

from collections.abc import Iterator

import pytest

from leads.openid import Client

from .loopback import CLIENT_ID, CLIENT_SECRET, OpenIDProvider, running_provider


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with running_provider() as provider:
        provider.callback = "http://portal.test/back/"
        yield provider


@pytest.fixture
def us(provider: OpenIDProvider) -> Client:
    return Client(issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, groups_claim="groups")
