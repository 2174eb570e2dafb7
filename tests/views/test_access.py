"""What a page can only get by asking for it: a team, a lead, an actor."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from leads.models import User
from leads.models.submissions import Door
from leads.views import access
from tests.factories import make_submission


def request_of(user):
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": "203.0.113.9"})
    request.user, request.request_id = user, "id-1"
    return request


def test_it_gives_the_membership_and_remembers_it_for_the_frame(team, bob):
    request = request_of(bob)
    membership = access.get_membership_for(request, "brewers")
    assert (membership.user, membership.team) == (bob, team)
    assert request.membership is membership


@pytest.mark.parametrize("slug", ["strangers", "nobody", "", "BREWERS", "brewers ", "%"])
def test_it_knows_no_team_one_is_not_in(team, other_team, bob, slug):
    with pytest.raises(Http404):
        access.get_membership_for(request_of(bob), slug)


def test_it_knows_no_team_for_somebody_switched_off_or_nobody(team, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for user in (bob, AnonymousUser()):
        with pytest.raises(Http404):
            access.get_membership_for(request_of(user), "brewers")


def test_it_gives_only_the_team_s_own_leads(team, other_team, bob, charlie):
    ours, theirs = make_submission(team, bob), make_submission(other_team, charlie)
    membership = access.get_membership_for(request_of(bob), "brewers")
    assert access.get_submission_for(membership, ours.public_id) == ours
    for unknown in (theirs.public_id, uuid4()):
        with pytest.raises(Http404):
            access.get_submission_for(membership, unknown)


def test_it_names_the_actor_by_the_connection_and_not_by_what_the_request_says(bob):
    actor = access.actor_of(request_of(bob))
    assert (actor.user, actor.door, actor.ip, actor.request_id) == (bob, Door.FORM, "192.0.2.7", "id-1")


def test_it_names_no_actor_without_a_session():
    with pytest.raises(PermissionDenied):
        access.actor_of(request_of(AnonymousUser()))


def test_it_requires(bob):
    access.require(True)
    with pytest.raises(PermissionDenied):
        access.require(False)
