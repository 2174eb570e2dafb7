from __future__ import annotations

import pytest
from django.utils import timezone

from leads.models import AuditEntry, Membership, ReviewComment, Submission, Team
from leads.services import keys, members, submissions
from leads.states import State
from tests.factories import OPERATOR, actor_for, make_submission

from . import questions
from .conftest import HTMX
from .page import parse

VIEW = "review_decide"


@pytest.fixture
def reviewing(team: Team) -> Team:
    team.reviews = True
    team.save()
    return team


@pytest.fixture
def lead(reviewing, bob):
    return make_submission(reviewing, bob)


def named(*leads) -> list[str]:
    return [f"{row.public_id}@{submissions.version_of(row)}" for row in leads]


def state_of(lead) -> str:
    return Submission.objects.get(pk=lead.pk).state


def said(browser, response) -> str:
    assert response.status_code == 303
    return parse(browser.client.get(response["Location"])).one(id="notices").text


@pytest.mark.parametrize(
    ("deed", "data", "state"),
    [
        ("approve", {}, State.QUEUED),
        ("send-back", {"reason": "Which city?"}, State.CHANGES_REQUESTED),
        ("reject", {"because": "We know them already"}, State.REJECTED),
        ("reject", {"reason": "Spam."}, State.REJECTED),
    ],
)
def test_it_decides_and_goes_on_to_the_next(lead, reviewing, bob, carol, browse, deed, data, state):
    after = make_submission(reviewing, bob, email="next@example.com")
    sent = {"deed": deed, "lead": named(lead), "next": after.public_id, "kept": "age=hour", **data}
    response = browse(carol).post(VIEW, data=sent)
    assert (response.status_code, state_of(lead)) == (303, state)
    assert response["Location"].endswith(f"/review/?age=hour&lead={after.public_id}")


def test_it_puts_the_reason_from_the_list_before_the_words(lead, carol, browse):
    sent = {"deed": "reject", "lead": named(lead), "because": "The details are wrong", "reason": "No such street."}
    browse(carol).post(VIEW, data=sent)
    assert ReviewComment.objects.get().text == "The details are wrong No such street."


@pytest.mark.parametrize("deed", ["reject", "send-back"])
@pytest.mark.parametrize("reason", ["", "x" * 100_000, "a\0b"], ids=["none", "100 kB", "unshowable"])
def test_it_stays_with_the_lead_and_what_was_typed_when_the_reason_cannot_be_taken(
    lead, reviewing, bob, carol, browse, deed, reason
):
    make_submission(reviewing, bob, email="next@example.com")
    sent = {"deed": deed, "lead": named(lead), "next": "", "kept": "age=&show=many", "reason": reason}
    response = browse(carol).post(VIEW, data=sent)
    assert response.status_code == 422
    assert state_of(lead) == State.PENDING_REVIEW and not ReviewComment.objects.exists()
    page = parse(response)
    article = page.one("article")
    assert article.attrs["id"] == f"submission-{lead.public_id}"
    [opened] = [each for each in article.all("details") if "open" in each.attrs]
    message = opened.one("span", class_="message").text
    assert "plain text of at most" in message or "Say why" in message
    assert opened.one("form").sends()["reason"] == [reason] or "\0" in reason
    assert opened.one("form").sends()["kept"] == ["show=many"]


def test_it_keeps_several_chosen_when_the_reason_is_missing(lead, reviewing, bob, carol, browse):
    others = [make_submission(reviewing, bob, email=f"{number}@example.com") for number in range(2)]
    browser = browse(carol)
    response = browser.post(VIEW, data={"deed": "reject", "lead": named(lead, others[1]), "at": others[0].public_id})
    assert response.status_code == 422
    form = parse(response).one("form", id="review-list")
    assert form.sends()["lead"] == named(lead, others[1])
    assert "Say why" in form.one("span", class_="message").text
    assert {state_of(each) for each in (lead, *others)} == {State.PENDING_REVIEW}


def test_it_takes_a_second_press_of_the_key_for_the_same_decision(lead, carol, browse):
    browser = browse(carol)
    sent = {"deed": "approve", "lead": named(lead), "next": ""}
    browser.post(VIEW, data=sent)
    assert "You decided on it already" in said(browser, browser.post(VIEW, data=sent))
    assert AuditEntry.objects.filter(action="submission.approved").count() == 1


def test_it_shows_markup_in_a_comment_as_text(lead, bob, carol, browse):
    markup = "<script>alert(1)</script><b>x</b>"
    browse(carol).post(VIEW, data={"deed": "send-back", "lead": named(lead), "reason": markup})
    page = browse(bob).get("submission_detail", lead.public_id)
    assert markup in parse(page).one("main").text and markup not in page.content.decode()


def test_it_tells_the_slower_of_two_who_was_faster_and_what(lead, alice, carol, browse):
    seen = named(lead)
    browse(alice).post(VIEW, data={"deed": "reject", "lead": seen, "reason": "No."})
    browser = browse(carol)
    text = said(browser, browser.post(VIEW, data={"deed": "approve", "lead": seen}))
    assert "alice@example.com was faster" in text and "Rejected" in text
    assert state_of(lead) == State.REJECTED


def test_it_gives_back_what_was_written_when_the_lead_was_taken_back_meanwhile(lead, bob, carol, browse):
    seen = named(lead)
    submissions.withdraw(submission=Submission.objects.select_related("team").get(), actor=actor_for(bob))
    browser = browse(carol)
    sent = {"deed": "send-back", "lead": seen, "next": "", "reason": "Which city?"}
    text = said(browser, browser.post(VIEW, data=sent))
    assert "taken back before you decided" in text and "You wrote: “Which city?”" in text
    assert state_of(lead) == State.DRAFT and not ReviewComment.objects.exists()


def test_it_decides_on_nothing_that_changed_since_it_was_shown(lead, carol, browse):
    seen = named(lead)
    Submission.objects.filter(pk=lead.pk).update(title="Another", updated_at=timezone.now())
    browser = browse(carol)
    assert "It was changed since you looked" in said(
        browser, browser.post(VIEW, data={"deed": "approve", "lead": seen})
    )
    assert state_of(lead) == State.PENDING_REVIEW


def test_it_approves_two_hundred_at_once(reviewing, bob, carol, browse):
    leads = [make_submission(reviewing, bob, email=f"{number}@example.com") for number in range(200)]
    browser = browse(carol)
    text = said(browser, browser.post(VIEW, data={"deed": "approve", "lead": named(*leads)}))
    assert "200 leads" in text
    assert Submission.objects.filter(state=State.QUEUED, decided_by=carol).count() == 200
    assert AuditEntry.objects.filter(action="submission.approved").count() == 200


def test_it_does_what_can_be_done_and_names_the_rest(lead, reviewing, bob, carol, browse):
    own = make_submission(reviewing, carol, email="own@example.com")
    gone = make_submission(reviewing, bob, email="gone@example.com")
    seen = named(lead, own, gone)
    submissions.withdraw(submission=gone, actor=actor_for(bob))
    browser = browse(carol)
    text = said(browser, browser.post(VIEW, data={"deed": "approve", "lead": [*seen, "nonsense"]}))
    assert own.reference in text and gone.reference in text and "not a lead" in text
    assert (state_of(lead), state_of(own), state_of(gone)) == (State.QUEUED, State.PENDING_REVIEW, State.DRAFT)


def test_it_reports_every_lead_that_could_not_be_done_and_what_was_typed(reviewing, carol, browse):
    own = [make_submission(reviewing, carol, email=f"{number}@example.com") for number in range(13)]
    browser = browse(carol)
    text = said(browser, browser.post(VIEW, data={"deed": "reject", "lead": named(*own), "reason": "Not ours."}))
    assert all(row.reference in text for row in own) and text.count("Somebody else has to decide") == 1
    assert "You wrote: “Not ours.”" in text


def test_it_keeps_a_reason_for_rejecting_out_of_an_approval(lead, carol, browse):
    sent = {"deed": "approve", "lead": named(lead), "because": "We know them already", "reason": "Spam."}
    assert browse(carol).post(VIEW, data=sent).status_code == 303
    assert state_of(lead) == State.QUEUED and not ReviewComment.objects.exists()


def test_it_asks_for_a_choice_first(reviewing, carol, browse):
    browser = browse(carol)
    assert "Choose at least one" in said(browser, browser.post(VIEW, data={"deed": "approve"}))


def test_it_keeps_an_approved_lead_safe_when_the_team_just_lost_its_key(lead, key, carol, browse):
    keys.revoke_key(team=key.team, seen=str(key.public_id), actor=OPERATOR)
    browser = browse(carol)
    text = said(browser, browser.post(VIEW, data={"deed": "approve", "lead": named(lead), "next": ""}))
    assert "kept until it can leave" in text and "on its way" not in text
    assert state_of(lead) == State.QUEUED


def test_it_takes_no_decision_from_who_was_a_reviewer_a_moment_ago(lead, team, carol, browse):
    browser = browse(carol)
    assert browser.get("review_queue").status_code == 200
    members.remove_member(team=team, user=carol, actor=OPERATOR)
    assert not Membership.objects.filter(user=carol).exists()
    assert browser.post(VIEW, data={"deed": "approve", "lead": named(lead)}).status_code == 404
    assert browser.post("review_look", lead.public_id, headers=HTMX).status_code == 404
    assert state_of(lead) == State.PENDING_REVIEW


def test_it_takes_no_lead_of_another_team(other_team, charlie, carol, browse):
    other_team.reviews = True
    theirs = make_submission(other_team, charlie)
    browse(carol).post(VIEW, data={"deed": "approve", "lead": named(theirs)})
    assert state_of(theirs) == State.PENDING_REVIEW


@pytest.mark.parametrize("deed", ["", "retry", "found", "undo", "nonsense"])
def test_it_knows_three_decisions(lead, carol, browse, deed):
    assert browse(carol).post(VIEW, data={"deed": deed, "lead": named(lead)}).status_code == 403


def test_it_requires_a_reviewer_and_a_session_of_the_team(lead, bob, charlie, browse):
    data = {"deed": "approve", "lead": named(lead)}
    assert browse(bob).post(VIEW, data=data).status_code == 403
    assert browse(charlie).post(VIEW, data=data).status_code == 404
    questions.hands_everything_back(browse(None), VIEW)
    assert state_of(lead) == State.PENDING_REVIEW


def test_it_rejects_other_verbs(team, carol, browse):
    questions.rejects(browse(carol), "GET HEAD PUT PATCH DELETE OPTIONS", VIEW)
