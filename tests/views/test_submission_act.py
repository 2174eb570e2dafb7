from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from leads.audit import Action
from leads.models import AuditEntry, Submission, Team
from leads.models.teams import Role
from leads.states import State
from leads.views.deeds import DEEDS
from tests.factories import make_member, make_submission

from . import questions
from .conftest import HTMX
from .page import parse

VIEW = "submission_act"

#: deed: who of (its own member, another member, reviewer, admin) may do it, from where, to where, and what is recorded.
REVIEW = {"carol", "alice"}
OWN_OR_REVIEW = {"bob", "carol", "alice"}
NOT_GONE = {State.QUEUED, State.DRAFT, State.CHANGES_REQUESTED}
TABLE = {
    "undo": (
        OWN_OR_REVIEW,
        NOT_GONE,
        State.CANCELLED,
        Action.SUBMISSION_CANCELLED,
    ),
    "take-back": (
        OWN_OR_REVIEW,
        NOT_GONE,
        State.CANCELLED,
        Action.SUBMISSION_CANCELLED,
    ),
    "withdraw": ({"bob"}, {State.PENDING_REVIEW}, State.DRAFT, Action.SUBMISSION_WITHDRAWN),
    "discard": (
        {"bob"},
        {State.DRAFT, State.CHANGES_REQUESTED, State.QUEUED},
        State.CANCELLED,
        Action.SUBMISSION_CANCELLED,
    ),
    "comment": (OWN_OR_REVIEW, {State.PENDING_REVIEW, State.CHANGES_REQUESTED}, None, Action.SUBMISSION_COMMENTED),
    "approve": (REVIEW, {State.PENDING_REVIEW}, State.QUEUED, Action.SUBMISSION_APPROVED),
    "send-back": (REVIEW, {State.PENDING_REVIEW}, State.CHANGES_REQUESTED, Action.SUBMISSION_SENT_BACK),
    "reject": (REVIEW, {State.PENDING_REVIEW}, State.REJECTED, Action.SUBMISSION_REJECTED),
    "retry": (OWN_OR_REVIEW, {State.FAILED}, State.QUEUED, Action.SUBMISSION_RETRIED),
    "retry-unknown": (OWN_OR_REVIEW, {State.FAILED}, State.QUEUED, Action.SUBMISSION_RETRIED),
    "leave": (OWN_OR_REVIEW, {State.FAILED}, None, Action.SUBMISSION_RESOLVED),
    "reopen": ({"bob"}, {State.FAILED, State.REJECTED}, State.DRAFT, Action.SUBMISSION_REOPENED),
    "found": (OWN_OR_REVIEW, {State.UNKNOWN}, State.CREATED, Action.SUBMISSION_RESOLVED),
    "missing": (OWN_OR_REVIEW, {State.UNKNOWN}, State.QUEUED, Action.SUBMISSION_RESOLVED),
    "give-up": (OWN_OR_REVIEW, {State.UNKNOWN}, State.FAILED, Action.SUBMISSION_RESOLVED),
}


@pytest.fixture
def people(team, alice, bob, carol):
    return {"bob": bob, "dora": make_member(team, "dora", Role.MEMBER), "carol": carol, "alice": alice}


def in_state(team, user, state):
    """A lead in this state, with time left to undo."""
    lead = make_submission(team, user, email=f"{uuid4().hex}@example.com")
    later = timezone.now() + timedelta(minutes=5)
    Submission.objects.filter(pk=lead.pk).update(
        state=state, send_after=later, breakcold_id="bc-1" if state == State.CREATED else "", attempt_token=uuid4(),
        lease_until=later, review_since=timezone.now(),
    )  # fmt: skip
    lead.refresh_from_db()
    return lead


def test_it_knows_every_deed():
    assert set(TABLE) == set(DEEDS)


@pytest.mark.parametrize("deed", TABLE)
@pytest.mark.parametrize("state", list(State))
def test_it_obeys_only_who_may_and_only_where_it_fits(team, people, browse, deed, state):
    may, starts, end, action = TABLE[deed]
    for name, user in people.items():
        lead = in_state(team, people["bob"], state)
        before = AuditEntry.objects.count()
        response = browse(user).act(lead, deed, "a-reason")
        lead.refresh_from_db()
        if name in may and state in starts:
            assert (response.status_code, lead.state) == (303, end or state), name
            assert (
                AuditEntry.objects.filter(subject_id=lead.public_id, action=action, actor_id=user.public_id).count()
                == 1
            )
        else:
            assert response.status_code == (403 if name not in may else 422), name
            assert lead.state == state
            assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("deed", ["approve", "send-back", "reject"])
@pytest.mark.parametrize("who", ["carol", "alice"])
def test_it_lets_nobody_decide_on_a_lead_of_their_own(team, people, browse, deed, who):
    lead = in_state(team, people[who], State.PENDING_REVIEW)
    assert browse(people[who]).act(lead, deed, "fine").status_code == 403
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW


@pytest.mark.parametrize("deed", [deed for deed in TABLE if deed not in ("approve", "withdraw")])
def test_it_lets_no_member_around_the_review(team, people, browse, deed):
    Team.objects.filter(pk=team.pk).update(reviews=True)
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    browse(people["bob"]).act(lead, deed, "x")
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW


@pytest.mark.parametrize("deed", ["found", "missing", "give-up", "retry", "undo"])
def test_it_leaves_a_lead_alone_that_is_being_sent(team, people, browse, deed):
    """A page that is old must not put a lead into the queue a second time while it is under way."""
    lead = in_state(team, people["bob"], State.SENDING)
    browse(people["bob"]).act(lead, deed)
    lead.refresh_from_db()
    assert lead.state == State.SENDING


def offered(browse, user, lead) -> set[str]:
    page = parse(browse(user).get("submission_detail", lead.public_id))
    return {form.attrs["action"].rstrip("/").rsplit("/", 1)[-1] for form in page.one("main").all("form")}


def test_it_offers_undo_first_and_to_take_back_what_waits_longer(team, people, browse):
    lead = in_state(team, people["bob"], State.QUEUED)
    assert offered(browse, people["bob"], lead) == {"undo"}
    Submission.objects.filter(pk=lead.pk).update(send_after=timezone.now() - timedelta(seconds=1))
    assert offered(browse, people["bob"], lead) == {"take-back"}


def test_it_asks_before_sending_again_what_may_be_there(team, people, browse):
    lead = in_state(team, people["bob"], State.FAILED)
    Submission.objects.filter(pk=lead.pk).update(problem={"kind": "unknown", "message": "?", "issues": []})
    assert offered(browse, people["bob"], lead) == {"retry-unknown", "reopen"}
    page = parse(browse(people["bob"]).get("submission_detail", lead.public_id))
    assert "there will be two of it" in page.one("main").text


def test_it_does_not_let_an_old_page_approve_what_it_never_showed(team, people, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    page = parse(browse(people["carol"]).get("submission_detail", lead.public_id))
    seen = next(
        form.sends()["seen"] for form in page.one("main").all("form") if form.attrs["action"].endswith("/approve/")
    )
    Submission.objects.filter(pk=lead.pk).update(updated_at=timezone.now(), title="Something else")
    client = browse(people["carol"]).client
    client.post(browse(people["carol"]).url(VIEW, lead.public_id, "approve"), {"seen": seen})
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW


@pytest.mark.parametrize("deed", ["send-back", "reject"])
@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2_001, "a\0b"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_keeps_the_reason_when_it_cannot_be_taken(team, people, browse, deed, reason, headers):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    browser = browse(people["carol"])
    response = browser.act(lead, deed, reason, headers=headers)
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW
    if response.status_code == 303:
        assert reason == ""
        assert "Say why" in browser.client.get(response["Location"]).content.decode()
        return
    assert response.status_code == 422
    page = parse(response)
    form = page.one("form", action=browser.url(VIEW, lead.public_id, deed))
    assert form.sends()["reason"] == [reason]
    assert "open" in form.parent.attrs
    assert page.all("p", role="alert")


def test_it_shows_the_reason_again_when_somebody_else_was_faster(team, people, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    Submission.objects.filter(pk=lead.pk).update(state=State.REJECTED)
    response = browse(people["carol"]).act(lead, "send-back", "The <b>phone</b> please")
    assert response.status_code == 422
    alert = parse(response).one("p", role="alert").text
    assert "The <b>phone</b> please" in alert and "Rejected" in alert


def test_it_shows_the_comment_to_who_entered_the_lead(team, people, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    browse(people["carol"]).act(lead, "send-back", " The phone\nplease ")
    page = browse(people["bob"]).get("submission_detail", lead.public_id)
    assert "The phone<br>please" in page.content.decode()
    assert AuditEntry.objects.filter(details__icontains="phone").count() == 0


@pytest.mark.parametrize("typed", ["bc-77", " bc-77 ", ""])
def test_it_keeps_the_id_a_person_found(team, people, browse, typed):
    lead = in_state(team, people["bob"], State.UNKNOWN)
    assert browse(people["bob"]).act(lead, "found", typed).status_code == 303
    lead.refresh_from_db()
    assert (lead.state, lead.breakcold_id, lead.settled_by) == (State.CREATED, typed.strip(), people["bob"])


@pytest.mark.parametrize("typed", ["x" * 101, "a\0b", "a\nb", "\u202eabc"])
def test_it_takes_no_id_that_cannot_be_one(team, people, browse, typed):
    lead = in_state(team, people["bob"], State.UNKNOWN)
    response = browse(people["bob"]).act(lead, "found", typed)
    assert response.status_code == 422
    assert parse(response).one("form", action=browse(people["bob"]).url(VIEW, lead.public_id, "found")).sends()[
        "reason"
    ] == [typed]
    lead.refresh_from_db()
    assert lead.state == State.UNKNOWN


def test_it_opens_the_form_of_a_lead_to_be_corrected(team, people, browse):
    lead = in_state(team, people["bob"], State.FAILED)
    browser = browse(people["bob"])
    assert browser.act(lead, "reopen")["Location"] == browser.url("submission_edit", lead.public_id)


def test_it_gives_htmx_the_fragment(team, people, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    response = browse(people["carol"]).act(lead, "approve", headers=HTMX)
    root = next(child for child in parse(response).children if not isinstance(child, str))
    assert (root.attrs["id"], root.attrs["data-state"]) == (f"submission-{lead.public_id}", "queued")


@pytest.mark.parametrize("deed", ["nonsense", "delete", "create", "UNDO", "__init__", "claim"])
def test_it_knows_no_other_deed(team, people, browse, deed):
    lead = in_state(team, people["bob"], State.QUEUED)
    assert browse(people["alice"]).act(lead, deed).status_code == 404


def test_it_asks_to_sign_in(team, people, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    questions.hands_everything_back(browse(None), VIEW, lead.public_id, "reject")
    questions.tells_htmx_among_the_notices(browse(None), "post", VIEW, lead.public_id, "approve")
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW


def test_it_hides_other_teams(team, people, other_team, charlie, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    for deed in TABLE:
        questions.hides_other_teams(browse(charlie), "post", VIEW, lead.public_id, deed)
        questions.hides_other_teams(browse(charlie, other_team), "post", VIEW, lead.public_id, deed)
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW


def test_it_rejects_other_verbs(team, people, browse):
    lead = in_state(team, people["bob"], State.PENDING_REVIEW)
    questions.rejects(browse(people["carol"]), "GET HEAD PUT PATCH DELETE OPTIONS", VIEW, lead.public_id, "approve")
