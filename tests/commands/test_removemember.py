from __future__ import annotations

import pytest
from django.core.management import CommandError
from django.urls import reverse

from leads.models import Membership
from leads.models.teams import Source

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_ends_what_somebody_who_left_can_see_at_once(team, bob, sign_in) -> None:
    client = sign_in(bob)
    page = reverse("submission_list", args=[team.slug])
    assert client.get(page).status_code == 200
    assert "no longer in" in run("removemember", team.slug, bob.email)
    assert client.get(page).status_code == 404


def test_it_says_who_is_not_there(team) -> None:
    with pytest.raises(CommandError, match="is not in"):
        run("removemember", team.slug, "nobody@example.com")


@pytest.mark.parametrize(
    ("issuer", "named", "source", "warns"),
    [
        ("https://login.example.com", "brewers", Source.GROUPS, True),
        ("https://login.example.com", "brewers", Source.MANUAL, False),
        ("https://login.example.com", "bakers", Source.GROUPS, False),
        ("", "brewers", Source.GROUPS, False),
    ],
)
def test_it_says_when_groups_let_somebody_in_again(team, bob, settings, issuer, named, source, warns) -> None:
    settings.OIDC_ISSUER, settings.OIDC_GROUPS = issuer, (("sales", named, "member"),)
    Membership.objects.filter(user=bob).update(source=source)
    assert ("in again at their next sign-in" in run("removemember", team.slug, bob.email)) is warns
