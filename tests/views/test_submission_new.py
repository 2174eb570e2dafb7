from __future__ import annotations

from uuid import uuid4

from django.urls import reverse

from leads.delivery import drain
from leads.models import Submission
from leads.states import State


def test_it_brings_a_typed_lead_to_breakcold(team, bob, key, sandbox, sign_in):
    client = sign_in(bob)
    data = {"email": "aoife@example.com", "first_name": "Aoife", "one_time_key": str(uuid4())}
    response = client.post(reverse("submission_new", args=[team.slug]), data)
    assert response.status_code == 303
    drain.drain(key.public_id)
    submission = Submission.objects.get()
    assert submission.state == State.CREATED
    page = client.get(response["Location"]).content.decode()
    assert submission.breakcold_id in page
    assert "In Breakcold" in page
