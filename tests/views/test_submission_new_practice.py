"""A form says where its lead goes; nothing goes anywhere else because somebody switched meanwhile."""

from __future__ import annotations

import pytest

from leads.models import Submission
from leads.models.teams import Environment
from leads.services import keys
from tests.factories import OPERATOR

from .page import parse

VIEW = "submission_new"
LIVE_KEY = "breakcold-usr-live-tests-0001"
SANDBOX, LIVE = Environment.SANDBOX, Environment.LIVE


@pytest.fixture
def both(team, key):
    """A team with a key for each, practising."""
    keys.set_key(team=team, plain=LIVE_KEY, environment=LIVE, check=False, actor=OPERATOR)
    keys.set_environment(team=team, environment=SANDBOX, actor=OPERATOR)
    return team


@pytest.mark.parametrize(("opened", "then"), [(SANDBOX, LIVE), (LIVE, SANDBOX)])
def test_it_asks_again_when_the_team_switched_meanwhile(both, bob, browse, opened, then):
    if opened == LIVE:
        keys.set_environment(team=both, environment=LIVE, actor=OPERATOR)
    browser = browse(bob)
    sent = parse(browser.get(VIEW)).one(id="lead-form").sends() | {"first_name": "Aoife", "email": "a@example.com"}
    keys.set_environment(team=both, environment=then, actor=OPERATOR)
    response = browser.post(VIEW, data=sent)
    assert response.status_code == 422 and not Submission.objects.exists()
    form = parse(response).one(id="lead-form")
    assert "when you opened this form" in form.text and form.sends()["first_name"] == ["Aoife"]
    assert browser.post(VIEW, data=form.sends()).status_code == 303
    assert Submission.objects.get().environment == then


def test_it_takes_a_form_that_does_not_say(both, bob, browse):
    assert browse(bob).enter({"email": "a@example.com"}).status_code == 303
    assert Submission.objects.get().environment == SANDBOX
