from __future__ import annotations

from uuid import uuid4

import pytest

from leads.audit import Action
from leads.breakcold.fields import BY_NAME
from leads.delivery import drain
from leads.models import AuditEntry, PickerOption, Submission, Team
from leads.states import State

from . import questions
from .conftest import HTMX
from .page import errors_of, lead_form, parse

VIEW = "submission_new"


def test_it_brings_a_typed_lead_to_breakcold(team, bob, key, browse):
    browser = browse(bob)
    response = browser.enter({"email": "aoife@example.com", "first_name": "Aoife"})
    assert response.status_code == 303
    drain.drain(key.public_id)
    submission = Submission.objects.get()
    assert submission.state == State.CREATED
    page = browser.client.get(response["Location"]).content.decode()
    assert submission.breakcold_id in page
    assert "In Breakcold" in page


def test_it_offers_all_fields_and_sends_their_defaults_when_nothing_is_filled_in(bob, browse, options):
    sent = lead_form(browse(bob).get(VIEW)).sends()
    fields = parse(browse(bob).get(VIEW)).all("div")
    shown = {
        element.attrs["id"].removeprefix("field-") for element in fields if "field" in element.attrs.get("class", "")
    }
    assert set(BY_NAME) - {"attributes"} <= shown
    assert {name.partition(".")[0] for name in shown} == set(BY_NAME)
    booleans = {name: sent[name][-1] for name, field in BY_NAME.items() if field.default is not None}
    assert booleans == {name: str(BY_NAME[name].default).lower() for name in booleans}
    plain = {name: values for name, values in sent.items() if name not in booleans}
    assert set(
        map(
            tuple, (plain[name] for name in plain if name not in ("csrfmiddlewaretoken", "environment", "one_time_key"))
        )
    ) <= {("",)}


def test_it_sends_an_untouched_form_as_a_lead_with_defaults_alone(bob, browse, options):
    browser = browse(bob)
    form = lead_form(browser.get(VIEW)).sends()
    assert browser.post(VIEW, data=form | {"email": "aoife@example.com"}).status_code == 303
    defaults = {name: field.default for name, field in BY_NAME.items() if field.default is not None}
    assert Submission.objects.get().values == {"email": "aoife@example.com"} | defaults


@pytest.mark.parametrize("name", [name for name, field in BY_NAME.items() if field.default is not None])
@pytest.mark.parametrize("typed", ["true", "false"])
def test_it_shows_a_switch_again_as_it_was_set(bob, browse, name, typed):
    response = browse(bob).enter({"email": "wrong", name: typed})
    assert lead_form(response).sends()[name][-1] == typed


def test_it_takes_the_company_along_to_the_next_lead(bob, browse):
    browser = browse(bob)
    response = browser.enter({"email": "a@example.com", "company": "Brüder & Söhne", "then": "another"})
    assert response.status_code == 303
    page = browser.client.get(response["Location"])
    assert lead_form(page).sends()["company"] == ["Brüder & Söhne"]
    assert Submission.objects.get().reference in page.content.decode()


def test_it_makes_one_lead_of_a_double_click(bob, browse):
    browser, data = browse(bob), {"email": "a@example.com", "one_time_key": str(uuid4())}
    first, second = browser.enter(data), browser.enter(data)
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1
    assert AuditEntry.objects.filter(action=Action.SUBMISSION_QUEUED).count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_keeps_what_was_changed_after_the_back_button(bob, browse, headers):
    browser, key = browse(bob), str(uuid4())
    browser.enter({"email": "a@example.com", "one_time_key": key})
    response = browser.enter({"email": "b@example.com", "city": "Cork", "one_time_key": key}, headers=headers)
    assert response.status_code == 422
    assert Submission.objects.count() == 1
    form = lead_form(response)
    sent = form.sends()
    assert (sent["email"], sent["city"]) == (["b@example.com"], ["Cork"])
    assert sent["one_time_key"] != [key]
    assert form.all("a", href=browser.url("submission_detail", Submission.objects.get().public_id))
    assert browser.post(VIEW, data=sent).status_code == 303
    assert Submission.objects.count() == 2


def test_it_lets_two_people_and_two_teams_use_the_same_one_time_key(bob, carol, charlie, other_team, browse):
    key = str(uuid4())
    for user, team in ((bob, None), (carol, None), (charlie, other_team)):
        browser = browse(user, team) if team else browse(user)
        assert browser.enter({"email": "a@example.com", "one_time_key": key}).status_code == 303
    assert Submission.objects.count() == 3


@pytest.mark.parametrize(
    "garbage", ["", "x", "\0", "0" * 31, "0" * 33, "{}", "urn:uuid:", "١" * 32, "é", "z" * 100_000, "-1"]
)
def test_it_takes_a_one_time_key_that_is_garbage_for_none(bob, browse, garbage):
    assert browse(bob).enter({"email": "a@example.com", "one_time_key": garbage}).status_code == 303
    assert Submission.objects.count() == 1


def test_it_waits_for_review_where_the_team_reviews(team, bob, browse, key, sandbox):
    Team.objects.filter(pk=team.pk).update(reviews=True)
    before = len(sandbox.ledger())
    assert browse(bob).enter({"email": "a@example.com"}).status_code == 303
    drain.drain(key.public_id)
    assert Submission.objects.get().state == State.PENDING_REVIEW
    assert len(sandbox.ledger()) == before


def test_it_redirects_htmx_by_header(bob, browse):
    response = browse(bob).enter({"email": "a@example.com"}, headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Redirect"] == browse(bob).url("submission_detail", Submission.objects.get().public_id)


def test_it_writes_the_audit_entry(team, bob, browse):
    response = browse(bob).enter({"email": "a@example.com"})
    entry = AuditEntry.objects.get(action=Action.SUBMISSION_QUEUED)
    assert (entry.team, entry.actor_id, entry.door) == (team, bob.public_id, "form")
    assert entry.subject_id == Submission.objects.get().public_id
    assert entry.request_id == response["X-Request-ID"]


def test_it_offers_only_the_options_of_its_own_team(team, other_team, bob, browse):
    for owner, name in ((team, "Ours"), (other_team, "Theirs")):
        PickerOption.objects.create(team=owner, environment=owner.environment, kind="tag", external_id=name, name=name)
    page = lead_form(browse(bob).get(VIEW))
    assert [box.attrs["value"] for box in page.all("input", name="tags")] == ["Ours"]
    response = browse(bob).enter({"email": "a@example.com", "tags": ["Theirs"]})
    assert "tags" in errors_of(response)


MASS = {
    "state": "created", "team": "2", "team_id": "2", "created_by": "1", "created_by_id": "1", "breakcold_id": "bc-1",
    "lane": "1", "undo_seconds": "0", "public_id": str(uuid4()), "reference": "L-AAAAAAAA", "salt": "x",
    "door": "gateway",
    "token": "1", "token_id": "1", "queued_at": "2020-01-01", "send_after": "2020-01-01",
    "attempt_token": str(uuid4()),
    "lease_until": "2099-01-01", "values": '{"email": "evil@example.com"}', "title": "Evil", "search_text": "evil",
    "email_key": "evil", "phone_key": "evil", "linkedin_key": "evil", "company_key": "evil", "problem": "{}",
    "pk": "1",
    "response": "{}", "decided_by": "1", "settled_by": "1", "finished_at": "2020-01-01",
    "not_sent_count": "9", "look_up_at": "2020-01-01", "resend_count": "9", "created_at": "2000-01-01",
    "reviews": "false",
    "role": "admin", "is_staff": "true", "is_superuser": "true", "id_space": "evil", "usersId": "evil", "score": "9",
    "actor": "system", "request_id": "evil", "ip": "10.0.0.1", "BREAKCOLD_SEND_OWN_ID": "true",
    "attributes": '{"x": 1}', "__proto__": "x", "_method": "DELETE", "X-HTTP-Method-Override": "DELETE",
}  # fmt: skip


def facts(submission):
    """Everything about a lead that is not random."""
    skipped = {
        "id",
        "public_id",
        "reference",
        "salt",
        "one_time_key",
        "created_at",
        "updated_at",
        "queued_at",
        "review_since",
        "send_after",
    }
    return {
        f.attname: getattr(submission, f.attname) for f in Submission._meta.concrete_fields if f.name not in skipped
    }


@pytest.mark.parametrize("reviews", [False, True])
def test_it_lets_nobody_set_what_the_form_does_not_offer(team, bob, browse, reviews):
    Team.objects.filter(pk=team.pk).update(reviews=reviews, undo_seconds=300)
    browser = browse(bob)
    for extra in ({}, MASS):
        assert browser.enter({"email": "a@example.com", **extra}).status_code == 303
    plain, mass = Submission.objects.order_by("pk")
    assert facts(mass) == facts(plain)
    assert str(mass.public_id) != MASS["public_id"]
    assert mass.reference != MASS["reference"]
    if not reviews:
        assert (mass.send_after - mass.queued_at).total_seconds() == 300
    bob.refresh_from_db()
    assert not (bob.is_staff or bob.is_superuser)


def test_it_asks_to_sign_in(browse):
    questions.asks_to_sign_in(browse(None), VIEW)
    questions.hands_everything_back(browse(None), VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "get", VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "post", VIEW)
    assert not Submission.objects.exists()


def test_it_hides_other_teams(charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW)
    questions.hides_other_teams(browse(charlie), "post", VIEW)


def test_it_rejects_other_verbs(bob, browse):
    questions.rejects(browse(bob), "PUT PATCH DELETE OPTIONS TRACE", VIEW)
    questions.answers_head(browse(bob), VIEW)


def test_it_gives_htmx_the_fragment(bob, browse):
    questions.gives_htmx_the_fragment(browse(bob), "lead-form", VIEW)
