from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.audit import Actor, ActorKind
from leads.models import FormPreset, PickerOption, Submission, Team
from leads.models.submissions import Door
from leads.services import members, submissions, tokens
from leads.states import State
from leads.views.review import PER_PAGE
from tests.factories import OPERATOR, actor_for, make_submission

from . import questions
from .page import parse

VIEW = "review_queue"


@pytest.fixture
def reviewing(team: Team) -> Team:
    team.reviews = True
    team.save()
    return team


@pytest.fixture
def three(reviewing, bob):
    """Oldest first."""
    leads = [make_submission(reviewing, bob, email=f"{name}@example.com", first_name=name) for name in "abc"]
    for age, lead in zip((3, 2, 1), leads, strict=True):
        Submission.objects.filter(pk=lead.pk).update(review_since=timezone.now() - timedelta(hours=age))
    return leads


def listed(response) -> list[str]:
    boxes = parse(response).one(id="review-list").all("input", name="lead")
    return [box.attrs["value"].partition("@")[0] for box in boxes]


def opened(response) -> str:
    return parse(response).one("article").attrs["id"].removeprefix("submission-")


def ids(leads) -> list[str]:
    return [str(lead.public_id) for lead in leads]


def test_it_lists_what_waits_oldest_first_and_opens_the_first(three, carol, browse):
    response = browse(carol).get(VIEW)
    assert response.status_code == 200
    assert listed(response) == ids(three)
    assert opened(response) == ids(three)[0]
    assert "3 waiting" in parse(response).one(id="review-list").text


def test_it_shows_nothing_but_what_waits_in_this_team(reviewing, three, other_team, charlie, bob, carol, browse):
    other_team.reviews = True
    make_submission(other_team, charlie)
    submissions.approve(submission=three[1], actor=actor_for(carol))
    assert listed(browse(carol).get(VIEW)) == ids([three[0], three[2]])


def test_it_opens_the_lead_the_address_names_and_leads_to_its_neighbours(three, carol, browse):
    response = browse(carol).get(VIEW, query=f"?lead={three[1].public_id}")
    assert opened(response) == ids(three)[1]
    keys = {link.attrs.get("data-shortcut"): link.attrs.get("href", "") for link in parse(response).all("a")}
    assert str(three[0].public_id) in keys["k"] and str(three[2].public_id) in keys["j"]


@pytest.mark.parametrize("wanted", ["nonsense", "5b8a6f1e-0000-4000-8000-000000000000", "", "%00"])
def test_it_opens_the_first_when_the_address_names_none(three, carol, browse, wanted):
    assert opened(browse(carol).get(VIEW, query=f"?lead={wanted}")) == ids(three)[0]


def test_it_says_so_when_nothing_waits(reviewing, carol, browse):
    assert "Nothing waits for review" in browse(carol).get(VIEW).content.decode()


def test_it_narrows_down_by_person_preset_and_age(three, reviewing, alice, bob, carol, browse):
    preset = FormPreset.objects.create(team=reviewing, name="Fair")
    theirs = make_submission(reviewing, alice, email="d@example.com")
    Submission.objects.filter(pk=three[2].pk).update(preset=preset)
    browser = browse(carol)
    assert listed(browser.get(VIEW, query=f"?submitter={alice.public_id}")) == ids([theirs])
    assert listed(browser.get(VIEW, query=f"?preset={preset.public_id}")) == ids([three[2]])
    Submission.objects.filter(pk=three[0].pk).update(review_since=timezone.now() - timedelta(days=2))
    assert listed(browser.get(VIEW, query="?age=day")) == ids([three[0]])
    assert "Nothing matches" in browser.get(VIEW, query="?age=week").content.decode()


def test_it_narrows_down_to_people_who_are_gone_and_to_scripts(three, reviewing, alice, bob, carol, browse):
    token, _ = tokens.issue_token(team=reviewing, name="Fair script", actor=actor_for(alice))
    tokens.issue_token(team=reviewing, name="Idle script", actor=actor_for(alice))
    script = Actor(kind=ActorKind.TOKEN, door=Door.GATEWAY, token=token)
    brought = submissions.enter(team=reviewing, values={"email": "s@example.com"}, actor=script).submission
    members.remove_member(team=reviewing, user=bob, actor=OPERATOR)
    browser = browse(carol)
    select = parse(browser.get(VIEW)).one("select", name="submitter")
    groups = {group.attrs["label"]: group.text for group in select.all("optgroup")}
    assert "bob@example.com" in groups["Not in the team any more"] and "bob@" not in groups["In the team"]
    assert "Fair script" in groups["Scripts"] and "Idle script" not in groups["Scripts"]
    assert listed(browser.get(VIEW, query=f"?submitter={bob.public_id}")) == ids(three)
    response = browser.get(VIEW, query=f"?submitter=script-{token.public_id}")
    assert listed(response) == ids([brought])
    assert "Fair script" in parse(response).one("article").text
    assert "for alice@example.com" in parse(response).one("article").text
    assert listed(browser.get(VIEW, query=f"?submitter={alice.public_id}")) == ids([brought])


@pytest.mark.parametrize("query", ["?submitter=nobody", "?submitter=script-", "?preset=x%00", "?age=year", "?show=x"])
def test_it_shows_everything_when_the_choice_cannot_be_read(three, carol, browse, query):
    response = browse(carol).get(VIEW, query=query)
    assert response.status_code == 200 and listed(response) == ids(three)


def more_than_two_pages(reviewing, bob, *, of):
    """Oldest first; some went to review at the very same moment."""
    leads = [make_submission(reviewing, bob, email=f"{number}@example.com") for number in range(2 * of + 3)]
    begun = timezone.now() - timedelta(hours=1)
    for number, lead in enumerate(leads):
        Submission.objects.filter(pk=lead.pk).update(review_since=begun + timedelta(seconds=number // 4))
    return leads


@pytest.fixture
def many(reviewing, bob):
    return more_than_two_pages(reviewing, bob, of=PER_PAGE)


def shortcut(response, key: str) -> str:
    """The lead to which a key leads; empty when it leads nowhere."""
    links = parse(response).all("a", data_shortcut=key)
    return links[0].attrs["href"].rpartition("lead=")[2] if links else ""


def test_it_goes_on_by_keys_from_the_first_lead_to_the_last_and_back(reviewing, bob, carol, browse, monkeypatch):
    monkeypatch.setattr("leads.views.review.PER_PAGE", 5)
    leads = more_than_two_pages(reviewing, bob, of=5)
    browser = browse(carol)
    for key, way in (("j", ids(leads)), ("k", ids(leads)[::-1])):
        walked = [way[0]]
        while len(walked) <= len(leads) and (onward := shortcut(browser.get(VIEW, query=f"?lead={walked[-1]}"), key)):
            walked.append(onward)
        assert walked == way


def test_it_lists_the_part_of_the_queue_with_the_lead_in_it(many, carol, browse):
    browser = browse(carol)
    names = ids(many)
    first = browser.get(VIEW)
    assert listed(first) == names[:PER_PAGE]
    [later] = parse(first).one(id="review-list").all("a", rel="next")
    second = browser.client.get(later.attrs["href"])
    assert (listed(second), opened(second)) == (names[PER_PAGE : 2 * PER_PAGE], names[PER_PAGE])
    last = browser.get(VIEW, query=f"?lead={names[-1]}")
    assert listed(last) == names[2 * PER_PAGE :]
    assert "101 to 103" in parse(last).one(id="review-list").text
    [earlier] = parse(last).one(id="review-list").all("a", rel="prev")
    assert listed(browser.client.get(earlier.attrs["href"])) == listed(second)
    everything = browser.get(VIEW, query=f"?show=many&lead={names[-1]}")
    assert (listed(everything), opened(everything)) == (names, names[-1])


def test_it_goes_on_after_a_lead_that_does_not_wait_any_more(three, carol, browse):
    submissions.approve(submission=three[1], actor=actor_for(carol))
    response = browse(carol).get(VIEW, query=f"?lead={three[1].public_id}")
    assert opened(response) == ids(three)[2]
    text = parse(response).one("main").text
    assert f"{three[1].reference}" in text and "does not wait any more: it is “Queued”" in " ".join(text.split())


def marked(response) -> dict[str, str]:
    """Label -> what stands there, of the values that are not the preset's."""
    article = parse(response).one("article")
    found = zip(article.all("dt"), article.all("dd"), strict=True)
    return {label.text: " ".join(value.text.split()) for label, value in found if "not the preset’s" in value.text}


def test_it_marks_what_differs_from_the_preset_what_was_emptied_too(three, reviewing, options, carol, browse):
    tag = PickerOption.objects.filter(kind="tag").first()
    rows = [
        {"name": "first_name", "shown": True, "default": "a"},
        {"name": "email", "shown": True, "default": "x@y.ie"},
        {"name": "company", "shown": True, "default": "Acme"},
        {"name": "tags", "shown": True, "default": [tag.external_id]},
        {"name": "city", "shown": True, "default": ""},
        {"name": "is_draft", "shown": True, "default": False},
        {"name": "auto_assign_owner", "shown": True, "default": False},
        {"name": "attributes.gone", "shown": True, "default": "x"},
    ]
    preset = FormPreset.objects.create(team=reviewing, name="Fair", rows=rows)
    Submission.objects.filter(pk=three[0].pk).update(preset=preset)
    shown = marked(browse(carol).get(VIEW))
    assert shown.pop("Email").startswith("a@example.com")
    assert "It begins with “Acme”" in shown["Company"] and shown.pop("Company").startswith("—")
    assert f"It begins with “{tag.name}”" in shown.pop("Tags")
    assert shown.pop("Make the key's owner an owner").startswith("Yes")
    assert shown.pop("Unknown attribute gone").startswith("—")
    assert shown == {}


def test_it_puts_probable_duplicates_beside_the_lead(three, reviewing, bob, carol, browse):
    Team.objects.filter(pk=reviewing.pk).update(duplicate_policy="allow")
    again = make_submission(Team.objects.get(pk=reviewing.pk), bob, email="A@example.com")
    page = parse(browse(carol).get(VIEW, query=f"?lead={again.public_id}"))
    beside = page.one(id=f"duplicates-{again.public_id}").text
    assert "a@example.com" in beside and "A@example.com" in beside


def test_it_offers_no_decision_on_a_lead_of_one_s_own(reviewing, carol, browse):
    make_submission(reviewing, carol)
    page = parse(browse(carol).get(VIEW))
    assert "somebody else has to decide" in page.one("article").text
    assert not page.all("input", value="approve")


def test_it_offers_no_decision_on_what_one_rewrote(reviewing, bob, carol, alice, browse):
    lead = make_submission(reviewing, bob)
    members.remove_member(team=reviewing, user=bob, actor=OPERATOR)
    submissions.send_back(submission=lead, comment="Which city?", actor=actor_for(carol))
    browser = browse(alice)
    data = {"email": "aoife@example.com", "first_name": "Aoife", "city": "Cork"}
    assert browser.post("submission_edit", lead.public_id, data=data).status_code == 303
    page = parse(browser.get(VIEW))
    assert "You changed what this lead says" in page.one("article").text
    assert not page.all("input", value="approve")
    for deed in ("approve", "send-back", "reject"):
        assert browser.act(lead, deed, "why").status_code == 403
    assert browser.get("review_edit", lead.public_id).status_code == 403
    assert "changed by alice@example.com" in parse(browse(carol).get(VIEW)).one("article").text


def test_it_marks_a_lead_somebody_else_has_open(three, alice, carol, browse):
    browse(alice).post("review_look", three[1].public_id)
    assert "alice@example.com" in parse(browse(carol).get(VIEW)).one(id="review-list").text
    assert "alice@example.com has this lead open too" in browse(carol).post(
        "review_look", three[1].public_id
    ).content.decode().replace("<b>", "").replace("</b>", "")
    three[1].looks.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert "alice@example.com" not in parse(browse(carol).get(VIEW)).one(id="review-list").text


def test_it_takes_as_many_queries_for_a_thousand_leads_as_for_ten(reviewing, bob, carol, browse):
    browser = browse(carol)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(VIEW).status_code == 200
        return len(captured)

    first = make_submission(reviewing, bob)
    for _ in range(9):
        make_submission(reviewing, bob, email=f"{uuid4().hex}@example.com")
    few = queries()
    copies = []
    for _ in range(990):
        copy = Submission.objects.get(pk=first.pk)
        copy.pk, copy.public_id, copy.one_time_key = None, uuid4(), uuid4()
        copy.reference, copy.email_key = f"L-{uuid4().hex[:8]}", ""
        copies.append(copy)
    Submission.objects.bulk_create(copies)
    assert Submission.objects.filter(state=State.PENDING_REVIEW).count() == 1_000
    assert queries() == few


def test_it_asks_to_sign_in(team, browse):
    questions.asks_to_sign_in(browse(None), VIEW)


def test_it_hides_other_teams(team, charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW)


def test_it_requires_a_reviewer(team, bob, browse):
    assert browse(bob).get(VIEW).status_code == 403
    assert browse(bob).get("report_corrections").status_code == 403


def test_it_rejects_other_verbs(team, carol, browse):
    questions.rejects(browse(carol), "POST PUT PATCH DELETE OPTIONS", VIEW)
