from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.audit import Action
from leads.delivery import drain
from leads.models import AuditEntry, CustomAttribute, PickerOption, Submission
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission
from tests.real_leads import LEADS

from . import questions
from .page import parse

VIEW = "submission_detail"


def test_it_shows_the_lead_with_labels_and_names_instead_of_ids(team, bob, browse, options):
    assert browse(bob).enter(LEADS[0].typed("lead-1")).status_code == 303
    lead = Submission.objects.get()
    page = parse(browse(bob).get(VIEW, lead.public_id))
    root = page.one(id=f"submission-{lead.public_id}")
    assert root.attrs["data-state"] == "queued"
    text = " ".join(page.one("main").text.split())
    for shown in (
        "Aoife",
        "O'Brien",
        "Purchasing",
        "Trade fair",
        "Contacted",
        "Food and drink",
        "Training",
        "Quay 1",
        "12500.5",
        "EUR",
    ):
        assert shown in text
    for row in (*PickerOption.objects.all(), *CustomAttribute.objects.all()):
        assert row.external_id not in text
    hrefs = {link.attrs["href"] for link in root.all("a", rel="noopener noreferrer nofollow")}
    assert {"https://example.com/aoife.jpg", "mailto:aoife@example.com", "tel:+35312345678"} <= hrefs
    assert all(href.startswith(("https://", "http://", "mailto:", "tel:")) for href in hrefs)


def test_it_shows_line_ends_as_they_were_typed(team, bob, browse):
    lead = make_submission(team, bob, icebreaker="one\n\ntwo <b>")
    page = parse(browse(bob).get(VIEW, lead.public_id))
    value = next(element for element in page.all("dd") if "two <b>" in element.text)
    assert len(value.all("br")) == 2 and not value.all("b")


@pytest.mark.parametrize("state", list(State))
def test_it_has_words_for_every_state(team, bob, carol, browse, state):
    lead = make_submission(team, bob)
    extra = {"breakcold_id": "bc-1"} if state == State.CREATED else {}
    extra |= {"look_up_at": timezone.now()} if state == State.UNKNOWN else {}
    extra |= {"review_since": timezone.now()} if state == State.PENDING_REVIEW else {}
    lease = {"attempt_token": uuid4(), "lease_until": timezone.now()} if state == State.SENDING else {}
    Submission.objects.filter(pk=lead.pk).update(state=state, **extra, **lease)
    for user in (bob, carol):
        response = browse(user).get(VIEW, lead.public_id)
        assert response.status_code == 200
        root = parse(response).one(id=f"submission-{lead.public_id}")
        assert root.attrs["data-state"] == state
        assert root.attrs.get("data-breakcold-id") == extra.get("breakcold_id")
        assert ("hx-trigger" in root.attrs) is (state in ("queued", "sending", "unknown"))
        assert root.one("section", role="status").text.strip()


def test_it_shows_what_breakcold_refused_and_a_reference_that_finds_it(team, bob, key, sandbox, browse):
    lead = make_submission(team, bob)
    sandbox.fault("refuse", issues=[{"code": "x", "path": ["email"], "message": "Invalid <b>email</b>"}])
    drain.drain(key.public_id)
    browser = browse(bob)
    response = browser.get(VIEW, lead.public_id)
    assert "Invalid <b>email</b>" in parse(response).one("main").text
    link = next(a.attrs["href"] for a in parse(response).all("a") if "?about=" in a.attrs["href"])
    rows = parse(browser.client.get(link)).all("tr", data_action=Action.SUBMISSION_FAILED.value)
    assert len(rows) == 1


def test_it_tells_the_history(team, bob, carol, browse, as_carol):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state=State.PENDING_REVIEW, review_since=timezone.now())
    lead.refresh_from_db()
    submissions.send_back(submission=lead, comment="The phone <i>please</i>", actor=as_carol)
    page = parse(browse(bob).get(VIEW, lead.public_id))
    history = page.one("aside").one("ol", class_="timeline")
    steps = [" ".join(item.text.split()) for item in history.all("li")]
    assert steps[0].startswith("carol@example.com asked for changes")
    assert "The phone <i>please</i>" in page.one("main").text


def test_it_offers_a_change_only_to_whom_it_belongs(team, bob, carol, browse):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    edit = browse(bob).url("submission_edit", lead.public_id)
    assert parse(browse(bob).get(VIEW, lead.public_id)).all("a", href=edit)
    assert not parse(browse(carol).get(VIEW, lead.public_id)).all("a", href=edit)


def test_it_asks_the_database_as_often_however_much_there_is(team, bob, browse, options):
    browser = browse(bob)

    def queries(lead):
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(VIEW, lead.public_id).status_code == 200
        return len(captured)

    small = make_submission(team, bob)
    assert browser.enter(LEADS[0].typed("lead-1")).status_code == 303
    large = Submission.objects.order_by("-pk").first()
    for _ in range(20):
        Submission.objects.filter(pk=large.pk).update(state=State.FAILED)
        large.refresh_from_db()
        submissions.retry(submission=large, actor=actor_for(bob))
    assert queries(small) <= queries(large) <= queries(small) + 1 <= 20  # one for the options it names


def test_it_asks_to_sign_in(team, bob, browse):
    lead = make_submission(team, bob)
    questions.asks_to_sign_in(browse(None), VIEW, lead.public_id)
    questions.tells_htmx_among_the_notices(browse(None), "get", VIEW, lead.public_id)


def test_it_hides_other_teams(team, other_team, bob, charlie, browse):
    lead = make_submission(team, bob)
    questions.hides_other_teams(browse(charlie), "get", VIEW, lead.public_id)
    questions.hides_other_teams(browse(charlie, other_team), "get", VIEW, lead.public_id)
    questions.hides_other_teams(browse(bob), "get", VIEW, uuid4())


def test_it_rejects_other_verbs(team, bob, browse):
    lead = make_submission(team, bob)
    questions.rejects(browse(bob), "POST PUT PATCH DELETE OPTIONS", VIEW, lead.public_id)
    questions.answers_head(browse(bob), VIEW, lead.public_id)


def test_it_gives_htmx_the_fragment(team, bob, browse):
    lead = make_submission(team, bob)
    questions.gives_htmx_the_fragment(browse(bob), f"submission-{lead.public_id}", VIEW, lead.public_id)


def test_it_changes_nothing_and_writes_nothing(team, bob, browse):
    lead = make_submission(team, bob)
    before = (AuditEntry.objects.count(), Submission.objects.values().get())
    browse(bob).get(VIEW, lead.public_id)
    assert (AuditEntry.objects.count(), Submission.objects.values().get()) == before
