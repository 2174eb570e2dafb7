from __future__ import annotations

import pytest
from django.utils import timezone

from leads.audit import Action
from leads.models import AuditEntry, CustomAttribute, PickerOption, Submission, Team
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission
from tests.real_leads import LEADS

from . import questions
from .conftest import HTMX
from .page import errors_of, lead_form, parse

VIEW = "submission_edit"


@pytest.fixture
def lead(team, bob, carol):
    """A lead of Bob's that Carol sent back."""
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    found = make_submission(team, bob, icebreaker="one\ntwo")
    return submissions.send_back(submission=found, comment="The company?", actor=actor_for(carol))


def test_it_changes_the_lead_and_sends_it_to_review_again(lead, bob, browse):
    browser = browse(bob)
    form = lead_form(browser.get(VIEW, lead.public_id)).sends()
    assert (form["email"], form["icebreaker"]) == (["aoife@example.com"], ["one\ntwo"])
    assert "one_time_key" not in form
    response = browser.post(VIEW, lead.public_id, data=form | {"company": "Example Ltd"})
    assert (response.status_code, response["Location"]) == (303, browser.url("submission_detail", lead.public_id))
    lead.refresh_from_db()
    assert lead.state == State.PENDING_REVIEW
    assert (lead.values["company"], lead.values["icebreaker"]) == ("Example Ltd", "one\ntwo")
    assert Submission.objects.count() == 1


def test_it_writes_the_audit_entries_without_the_values(lead, bob, browse):
    browse(bob).post(VIEW, lead.public_id, data={"email": "new@example.com", "first_name": "Aoife"})
    edited = AuditEntry.objects.get(action=Action.SUBMISSION_EDITED)
    assert "email" in edited.details["fields"]
    assert "new@example.com" not in str(edited.details)
    assert AuditEntry.objects.filter(action=Action.SUBMISSION_SUBMITTED, subject_id=lead.public_id).count() == 2


def test_it_brings_everything_back_unchanged_when_nothing_is_changed(team, bob, carol, browse, options):
    Team.objects.filter(pk=team.pk).update(reviews=True)
    browser = browse(bob)
    assert browser.enter(LEADS[0].typed("lead-1")).status_code == 303
    found = Submission.objects.get()
    found = submissions.send_back(submission=found, comment="Again", actor=actor_for(carol))
    values = found.values
    form = lead_form(browser.get(VIEW, found.public_id)).sends()
    assert browser.post(VIEW, found.public_id, data=form).status_code == 303
    found.refresh_from_db()
    assert found.values == values


def test_it_keeps_the_seconds_of_a_moment(team, bob, browse, options):
    row = CustomAttribute.objects.get(name="Call back at")
    moment = {row.external_id: "2026-12-01T09:30:15Z"}
    found = make_submission(team, bob, attributes=moment)
    Submission.objects.filter(pk=found.pk).update(state=State.DRAFT)
    form = lead_form(browse(bob).get(VIEW, found.public_id)).sends()
    assert browse(bob).post(VIEW, found.public_id, data=form).status_code == 303
    found.refresh_from_db()
    assert found.values["attributes"] == moment


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_hands_back_what_is_wrong(lead, bob, browse, headers):
    response = browse(bob).post(VIEW, lead.public_id, data={"email": "wrong", "city": "Cork"}, headers=headers)
    assert (response.status_code, list(errors_of(response))) == (422, ["email"])
    sent = lead_form(response).sends()
    assert (sent["email"], sent["city"]) == (["wrong"], ["Cork"])
    lead.refresh_from_db()
    assert lead.values["email"] == "aoife@example.com"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_keeps_what_was_typed_when_the_lead_has_moved_on_meanwhile(lead, bob, carol, browse, headers):
    browser = browse(bob)
    form = lead_form(browser.get(VIEW, lead.public_id)).sends()
    assert browser.post(VIEW, lead.public_id, data=form | {"company": "First tab"}).status_code == 303
    before = AuditEntry.objects.count()
    response = browser.post(VIEW, lead.public_id, data=form | {"company": "Second tab"}, headers=headers)
    assert response.status_code == 422
    page = lead_form(response)
    assert page.sends()["company"] == ["Second tab"]
    assert "Waiting for review" in page.one(id="error-summary").text
    assert page.all("a", href=browser.url("submission_detail", lead.public_id))
    lead.refresh_from_db()
    assert lead.values["company"] == "First tab"
    assert AuditEntry.objects.count() == before


def test_it_takes_a_double_click_for_one(lead, bob, browse):
    browser = browse(bob)
    form = lead_form(browser.get(VIEW, lead.public_id)).sends() | {"company": "Example Ltd"}
    assert [browser.post(VIEW, lead.public_id, data=form).status_code for _ in range(2)] == [303, 303]
    assert AuditEntry.objects.filter(action=Action.SUBMISSION_EDITED).count() == 1


def test_it_says_what_it_has_to_leave_out_because_breakcold_has_it_no_more(team, bob, browse, options):
    tag, attribute = (
        PickerOption.objects.filter(kind="tag").first(),
        CustomAttribute.objects.get(name="Customer number"),
    )
    found = make_submission(team, bob, tags=[tag.external_id], attributes={attribute.external_id: "C-0042"})
    Submission.objects.filter(pk=found.pk).update(state=State.DRAFT)
    assert "no longer has" not in browse(bob).get(VIEW, found.public_id).content.decode()
    for row in (tag, attribute):
        type(row).objects.filter(pk=row.pk).update(is_gone=True)
    notices = parse(browse(bob).get(VIEW, found.public_id)).one(id="notices").text
    assert f"Tags: {tag.name}" in notices and "Customer number: C-0042" in notices


@pytest.mark.parametrize("state", [state for state in State if state not in ("draft", "changes_requested", "sending")])
def test_it_sends_the_reader_on_when_there_is_nothing_to_change(team, bob, browse, state):
    found = make_submission(team, bob)
    Submission.objects.filter(pk=found.pk).update(state=state, breakcold_id="bc-1", review_since=timezone.now())
    response = browse(bob).get(VIEW, found.public_id)
    assert response["Location"] == browse(bob).url("submission_detail", found.public_id)


MASS = {"state": "queued", "team": "2", "created_by": "1", "breakcold_id": "x", "decided_by": "",
"approved_digest": "", "lane": "1",
        "one_time_key": "9fe3bb60-9b4c-4a7d-9d7b-111111111111", "door": "gateway", "salt": "x",
        "reference": "L-1"}  # fmt: skip


def test_it_lets_nobody_set_what_the_form_does_not_offer(lead, bob, browse):
    kept = [name for name in MASS if name not in ("state", "team", "created_by", "decided_by")]
    before = Submission.objects.values(*kept, "team_id", "created_by_id", "decided_by_id").get()
    assert browse(bob).post(VIEW, lead.public_id, data=MASS | {"email": "b@example.com"}).status_code == 303
    assert Submission.objects.values(*kept, "team_id", "created_by_id", "decided_by_id").get() == before
    assert Submission.objects.get().state == State.PENDING_REVIEW


def test_it_requires_the_person_who_entered_the_lead(lead, alice, carol, browse):
    for user in (alice, carol):
        for headers in ({}, HTMX):
            assert browse(user).get(VIEW, lead.public_id, headers=headers).status_code == 403
            assert (
                browse(user).post(VIEW, lead.public_id, data={"email": "x@example.com"}, headers=headers).status_code
                == 403
            )
    lead.refresh_from_db()
    assert lead.values["email"] == "aoife@example.com"


def test_it_asks_to_sign_in(lead, browse):
    questions.asks_to_sign_in(browse(None), VIEW, lead.public_id)
    questions.hands_everything_back(browse(None), VIEW, lead.public_id)
    questions.tells_htmx_among_the_notices(browse(None), "post", VIEW, lead.public_id)


def test_it_hides_other_teams(lead, other_team, charlie, browse):
    for browser in (browse(charlie), browse(charlie, other_team)):
        questions.hides_other_teams(browser, "get", VIEW, lead.public_id)
        questions.hides_other_teams(browser, "post", VIEW, lead.public_id)


def test_it_rejects_other_verbs(lead, bob, browse):
    questions.rejects(browse(bob), "PUT PATCH DELETE OPTIONS", VIEW, lead.public_id)
    questions.answers_head(browse(bob), VIEW, lead.public_id)


def test_it_gives_htmx_the_fragment(lead, bob, browse):
    questions.gives_htmx_the_fragment(browse(bob), "lead-form", VIEW, lead.public_id)
