from __future__ import annotations

import pytest

from leads.models import FormPreset, PickerOption, Revision, Submission, Team
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission

from . import questions
from .conftest import HTMX
from .page import parse

VIEW = "review_edit"


@pytest.fixture
def lead(team: Team, bob):
    team.reviews = True
    team.save()
    return make_submission(team, bob)


def data(lead, **changes) -> dict[str, str]:
    return {"first_name": "Aoife", "email": "aoife@example.com", "seen": submissions.version_of(lead), **changes}


def test_it_corrects_and_approves_and_shows_the_submitter_what(lead, bob, carol, browse):
    response = browse(carol).post(VIEW, lead.public_id, data=data(lead, city="Cork", comment="The fair was in Cork."))
    assert response.status_code == 303 and response["Location"].endswith("/review/")
    stored = Submission.objects.get()
    assert (stored.state, stored.values["city"], stored.decided_by) == (State.QUEUED, "Cork", carol)
    text = parse(browse(bob).get("submission_detail", lead.public_id)).one("main").text
    assert "What was corrected" in text and "Cork" in text and "The fair was in Cork." in text


def test_it_keeps_everything_typed_when_the_correction_is_not_valid(lead, carol, browse):
    for headers in ({}, HTMX):
        changed = data(lead, email="not an email", city="Cork", comment="A word")
        response = browse(carol).post(VIEW, lead.public_id, data=changed, headers=headers)
        assert response.status_code == 422
        page = parse(response)
        sent = page.one(id="lead-form").sends()
        assert (sent["email"], sent["city"], sent["comment"]) == (["not an email"], ["Cork"], ["A word"])
        assert "not an email address" in page.one(id="message-email").text
    assert Submission.objects.get().state == State.PENDING_REVIEW and not Revision.objects.exists()


def test_it_keeps_everything_typed_when_somebody_else_was_faster(lead, alice, carol, browse):
    sent = data(lead, city="Cork")
    submissions.reject(submission=lead, comment="No.", actor=actor_for(alice))
    response = browse(carol).post(VIEW, lead.public_id, data=sent)
    assert response.status_code == 422
    assert "alice@example.com was faster" in response.content.decode()
    assert parse(response).one(id="lead-form").sends()["city"] == ["Cork"]
    assert Submission.objects.get().state == State.REJECTED


def test_it_can_be_sent_again_when_the_lead_was_changed_meanwhile(lead, bob, carol, browse):
    browser = browse(carol)
    sent = data(lead, city="Cork")
    draft = submissions.withdraw(submission=Submission.objects.select_related("team").get(), actor=actor_for(bob))
    submissions.submit(submission=draft, values=lead.values | {"company": "Grúdlann"}, actor=actor_for(bob))
    response = browser.post(VIEW, lead.public_id, data=sent)
    assert response.status_code == 422
    form = parse(response).one(id="lead-form")
    assert "“Company” says “Grúdlann” now" in form.text and form.sends()["city"] == ["Cork"]
    assert browser.post(VIEW, lead.public_id, data=form.sends()).status_code == 303
    assert Submission.objects.get().values["city"] == "Cork"


def test_it_says_what_it_has_to_leave_out(lead, team, options, carol, browse):
    tag = PickerOption.objects.filter(kind="tag").first()
    Submission.objects.update(values=lead.values | {"tags": [tag.external_id]})
    PickerOption.objects.filter(pk=tag.pk).update(is_gone=True)
    notices = parse(browse(carol).get(VIEW, lead.public_id)).one(id="notices").text
    assert "no longer has" in notices and tag.name in notices


def test_it_offers_the_options_of_the_environment_the_lead_was_entered_in(key, lead, team, options, carol, browse):
    tag = PickerOption.objects.filter(kind="tag").first()
    assert tag.environment == lead.environment == "sandbox"
    Submission.objects.update(values=lead.values | {"tags": [tag.external_id]})
    Team.objects.filter(pk=team.pk).update(environment="live")
    page = parse(browse(carol).get(VIEW, lead.public_id))
    assert page.one(id="lead-form").sends()["tags"] == [tag.external_id]


def test_it_checks_its_fields_against_all_fields(lead, team, carol, browse):
    FormPreset.objects.create(
        team=team, name="Short", is_default=True, rows=[{"name": "email", "shown": True, "required": False}]
    )
    browser = browse(carol)
    page = parse(browser.get(VIEW, lead.public_id))
    url = page.one("input", name="city").attrs["hx-post"]
    assert browser.client.post(url, {"city": "Cork"}, headers=HTMX).status_code == 200


def test_it_says_when_nothing_was_corrected(lead, bob, carol, browse):
    browser = browse(carol)
    assert browse(bob).enter({"email": "typed@example.com"}).status_code == 303  # in the form's own normal form
    typed = Submission.objects.order_by("-pk").first()
    form = parse(browser.get(VIEW, typed.public_id)).one(id="lead-form")
    response = browser.post(VIEW, typed.public_id, data=form.sends())
    assert response.status_code == 303
    assert "Approved without a change" in browser.client.get(response["Location"]).content.decode()
    assert not Revision.objects.exists()


def test_it_sends_the_reader_on_when_the_lead_no_longer_waits(lead, bob, carol, browse):
    submissions.withdraw(submission=lead, actor=actor_for(bob))
    assert browse(carol).get(VIEW, lead.public_id).status_code == 303


def test_it_requires_another_reviewer(lead, team, bob, carol, browse):
    assert browse(bob).get(VIEW, lead.public_id).status_code == 403
    own = make_submission(team, carol, email="own@example.com")
    assert browse(carol).get(VIEW, own.public_id).status_code == 403
    assert browse(carol).post(VIEW, own.public_id, data=data(own)).status_code == 403


def test_it_hides_other_teams(lead, charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW, lead.public_id)
    questions.hides_other_teams(browse(charlie), "post", VIEW, lead.public_id)


def test_it_asks_to_sign_in(lead, browse):
    questions.asks_to_sign_in(browse(None), VIEW, lead.public_id)


def test_it_rejects_other_verbs(lead, carol, browse):
    questions.rejects(browse(carol), "PUT PATCH DELETE OPTIONS", VIEW, lead.public_id)
