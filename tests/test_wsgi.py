"""The door of the web server, below Django's own error handling."""

from __future__ import annotations

import io

import pytest
from django.test.client import FakePayload, RequestFactory

from leadportal import lifeline


@pytest.fixture
def application(monkeypatch):
    monkeypatch.setattr(lifeline, "follow_parent", lambda: None)
    from leadportal import wsgi

    return wsgi.application


def ask(application, **environ) -> str:
    statuses: list[str] = []
    request = RequestFactory().get("/healthz").environ
    answer = application(
        {**request, "wsgi.input": FakePayload(b""), "wsgi.errors": io.StringIO(), "HTTP_HOST": "localhost", **environ},
        lambda status, headers, exc_info=None: statuses.append(status),
    )
    list(answer)
    return statuses[0]


def test_it_answers(application, db):
    assert ask(application) == "200 OK"


@pytest.mark.parametrize("charset", ["zlib", "idna", "hex"])
def test_it_refuses_an_encoding_that_is_none_in_plain_words(application, db, charset):
    status = ask(application, CONTENT_TYPE=f"application/x-www-form-urlencoded; charset={charset}")
    assert status == "400 Bad Request"
