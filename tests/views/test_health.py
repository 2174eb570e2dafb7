from __future__ import annotations

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_answers_without_a_session(db, path):
    response = Client().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response
    assert Client().head(path).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_rejects_other_verbs(db, path):
    for verb in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert Client().generic(verb, path).status_code == 405


def test_it_is_alive_but_not_ready_without_its_database():
    """No database fixture: nothing may be asked of it, which is as good as a database that is gone."""
    assert Client().get("/healthz").status_code == 200


def test_it_says_in_plain_words_that_the_database_does_not_answer(db, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("could not connect: password=hunter2")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "reason": "the database does not answer"}
