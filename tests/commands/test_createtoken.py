from __future__ import annotations

import re

import pytest
from django.core.management import CommandError

from leads.models import GatewayToken, Team
from leads.services import tokens

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_prints_the_token_alone(team: Team) -> None:
    printed = run("createtoken", "brewers", "--name", "Fair app")
    assert re.fullmatch(r"lpt_[\w-]{43}\n", printed)
    token = GatewayToken.objects.get()
    assert (token.name, token.digest) == ("Fair app", tokens.digest(printed.strip()))


@pytest.mark.parametrize(("slug", "name"), [("nobody", "Fair app"), ("brewers", " "), ("brewers", "x" * 101)])
def test_it_refuses_in_a_sentence(slug: str, name: str, team: Team) -> None:
    with pytest.raises(CommandError):
        run("createtoken", slug, "--name", name)
