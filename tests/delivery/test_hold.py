"""A hold and a revocation hold from the moment they are committed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from leads.delivery import drain
from leads.models import BreakcoldKey, DeliveryAttempt
from leads.services import keys
from leads.states import State
from tests.factories import actor_for, make_submission

from .kit import emails, state_of


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stop", [keys.hold_key, keys.revoke_key])
def test_it_claims_nothing_with_a_key_that_was_stopped_a_moment_ago(key, team, alice, bob, sandbox, stop):
    lead = make_submission(team, bob)
    as_read = BreakcoldKey.objects.select_related("team").get(pk=key.pk)  # by a drain, before
    with keys.client_for(as_read) as client:
        stop(team=team, seen=str(key.public_id), actor=actor_for(alice))
        assert not drain._deliver(as_read, client, timezone.now())
    assert state_of(lead) == State.QUEUED and not DeliveryAttempt.objects.exists()
    assert emails(sandbox) == []
