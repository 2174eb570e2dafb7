"""Several leads of the list at once: each by itself, and what could not be done is said."""

from __future__ import annotations

from uuid import uuid4

import pytest

from leads.models import AuditEntry, Submission
from leads.services import submissions
from leads.states import State
from tests.factories import make_submission
from tests.services.states_of_the_world import bring_to

from .page import parse

VIEW = "submission_several"


@pytest.fixture
def bobs(bob, browse):
    return browse(bob)


def entry(lead):
    lead.refresh_from_db()
    return f"{lead.public_id}@{submissions.version_of(lead)}"


def do(browser, deed, *entries, query=""):
    data = {"deed": deed, "lead": list(entries)}
    return browser.client.post(browser.url(VIEW) + query, data, follow=True)


def test_it_takes_back_what_waits_and_says_what_it_left(team, bob, bobs, key):
    gone = bring_to(State.CREATED, team, bob, key)
    waiting = [make_submission(team, bob, email=f"{number}@example.com") for number in range(2)]
    changed = make_submission(team, bob, email="changed@example.com")
    old = entry(changed).replace("T", "T0", 1)
    page = do(bobs, "cancel", *map(entry, waiting), entry(gone), old, "nonsense@1")
    text = page.content.decode()
    assert {Submission.objects.get(pk=lead.pk).state for lead in waiting} == {State.CANCELLED}
    assert Submission.objects.get(pk=changed.pk).state == State.QUEUED
    assert "2 leads taken back, and not sent." in text
    assert "3 leads left as they were" in text
    assert f"{gone.reference}: nothing was changed. Meanwhile it is “In Breakcold”" in text
    assert f"{changed.reference}: it changed since" in text
    assert "This is not a lead." in text


def test_it_sends_again_and_withdraws(team, bob, bobs, key):
    failed = bring_to(State.FAILED, team, bob, key)
    assert "1 lead in the queue again." in do(bobs, "retry", entry(failed)).content.decode()
    waiting = bring_to(State.PENDING_REVIEW, team, bob, key)
    assert "a draft again" in do(bobs, "withdraw", entry(waiting)).content.decode()
    assert [Submission.objects.get(pk=lead.pk).state for lead in (failed, waiting)] == [State.QUEUED, State.DRAFT]


def test_it_keeps_the_list_as_it_was_narrowed_down(team, bob, bobs):
    lead = make_submission(team, bob)
    page = do(bobs, "cancel", entry(lead), query="?q=x&mine=on")
    assert page.redirect_chain == [(bobs.url("submission_list") + "?q=x&mine=on", 303)]
    assert "Choose at least one" in do(bobs, "retry").content.decode()


def test_it_lets_nobody_act_on_what_is_not_theirs(team, other_team, alice, bob, charlie, bobs):
    others, secret = make_submission(team, alice), make_submission(other_team, charlie)
    before = AuditEntry.objects.count()
    assert "only who entered it, or a reviewer" in do(bobs, "cancel", entry(others)).content.decode()
    assert (
        "1 lead left as it was: There is no such lead in this team."
        in do(bobs, "cancel", entry(secret)).content.decode()
    )
    assert do(bobs, "reject", entry(others)).status_code == 403
    assert AuditEntry.objects.count() == before
    assert set(Submission.objects.values_list("state", flat=True)) == {State.QUEUED}


def test_it_tells_what_was_done_although_the_request_named_a_lead_of_another_team(team, other_team, bob, charlie, bobs):
    """The rest is done and said, and the foreign one shows as little as one that never was."""
    own = [make_submission(team, bob, email=f"{number}@example.com") for number in range(2)]
    secret = make_submission(other_team, charlie)
    entries = (entry(own[0]), entry(secret), f"{uuid4()}@1", entry(own[1]))
    page = do(bobs, "cancel", *entries)
    text = page.content.decode()
    assert page.status_code == 200 and "2 leads taken back, and not sent." in text
    assert text.count("There is no such lead in this team.") == 2 and secret.reference not in text
    states = [Submission.objects.get(pk=lead.pk).state for lead in (*own, secret)]
    assert states == [State.CANCELLED, State.CANCELLED, State.QUEUED]


def test_it_offers_boxes_only_where_something_can_be_done(team, alice, bob, carol, browse):
    own, others = make_submission(team, bob, email="a@example.com"), make_submission(team, alice)
    done = make_submission(team, bob, email="c@example.com")
    Submission.objects.filter(pk=done.pk).update(state=State.CANCELLED)

    def boxes(user):
        page = parse(browse(user).get("submission_list"))
        return {box.attrs["value"].partition("@")[0] for box in page.all("input", name="lead")}

    assert boxes(bob) == {str(own.public_id)}
    assert boxes(carol) == {str(own.public_id), str(others.public_id)}
    Submission.objects.update(state=State.CANCELLED)
    assert "several-deeds" not in browse(bob).get("submission_list").content.decode()
