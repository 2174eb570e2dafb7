"""What a call comes to, and the measures the tests of the client share."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import BreakcoldError
from tests.breakcold.loopback import LEAD, PATIENCE, answering, client_for, listening

MIB = 1024 * 1024
SHAPED = json.dumps({"message": "NO", "code": "NO"}).encode()  # a refusal in Breakcold's own shape
SHORT = 0.4  # seconds: a deadline that is certain to pass

Call = Callable[[BreakcoldClient], Any]


def create_lead(client: BreakcoldClient) -> Any:
    return client.create_lead(LEAD)


def outcome(said: bytes, call: Call = create_lead) -> Any:
    """What one call makes of ``said``: a value or an error."""
    with listening(answering(said)) as server, client_for(server.url) as client:
        try:
            return call(client)
        except BreakcoldError as error:
            return error


def error_of(client: BreakcoldClient, call: Call = create_lead) -> BreakcoldError:
    """The error one call ends in. It has to end: in a thread of its own, so that one that hangs fails the test."""
    caught: list[Any] = []

    def run() -> None:
        try:
            caught.append(call(client))
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the call outlived its deadline"
    assert isinstance(caught[0], BreakcoldError), caught[0]
    return caught[0]
