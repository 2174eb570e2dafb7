"""Drafts on the pages: saved while typing or by a button, gone on with, thrown away, and nobody else's to see."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from leads.breakcold.fields import BLOCK, BY_NAME
from leads.models import Draft, FormPreset, Submission
from leads.services import drafts, submissions
from leads.states import State
from tests.factories import actor_for, make_preset, make_row, make_submission
from tests.picking import add_attribute

from .conftest import HTMX
from .page import lead_form, parse

WRONG = {
    "email": "not an address",
    "phone": "12",
    "website_url": "::",
    "contract_value": "a lot",
    "first_name": " Zoë ",
}


@pytest.fixture
def bobs(bob, browse):
    return browse(bob)


def save(browser, key=None, **typed):
    return browser.post("draft_save", data={"one_time_key": str(key or uuid4()), **typed}, headers=HTMX)


def test_it_saves_what_is_not_valid_and_gives_it_back_as_it_was_typed(bobs, options):
    assert "Saved as a draft" in save(bobs, **WRONG).content.decode()
    assert not Submission.objects.exists()
    draft = Draft.objects.get()
    page = bobs.get("draft_open", draft.public_id)
    sent = lead_form(page).sends()
    assert {name: sent[name] for name in WRONG} == {name: [text] for name, text in WRONG.items()}
    assert sent["one_time_key"] == [str(draft.one_time_key)]
    assert "to put right" not in page.content.decode()


def test_it_gives_every_field_back(bobs, team, options):
    """All 39, with the pickers; what is not text as a browser posts it."""
    add_attribute(team, "size")
    typed = lead_form(bobs.get("submission_new")).sends()
    typed |= {"tags": [str(row.external_id) for row in options["tag"][:2]]} if "tag" in options else {}
    typed |= {name: [f"x {name}\nand <more>"] for name, field in BY_NAME.items() if field.kind.name in ("TEXT", "URL")}
    typed |= {"attributes.size": ["xx\u00a0large"], "is_company": ["true"]}
    save(bobs, **{name: texts for name, texts in typed.items() if name not in ("one_time_key", "csrfmiddlewaretoken")})
    again = lead_form(bobs.get("draft_open", Draft.objects.get().public_id)).sends()
    left_out = ("one_time_key", "csrfmiddlewaretoken")
    differing = {
        name: (texts, again.get(name))
        for name, texts in typed.items()
        if name not in left_out
        and [text.replace("\n", " ") for text in texts if text][-1:]
        != [text.replace("\n", " ") for text in again.get(name, []) if text][-1:]
    }
    assert differing == {}


def test_the_same_form_changes_the_same_draft_and_an_empty_one_begins_none(bobs):
    key = uuid4()
    assert "Saved" not in save(bobs, key, first_name="  ", is_company="true").content.decode()
    assert not Draft.objects.exists()
    save(bobs, key, first_name="Ed")
    save(bobs, key, first_name="Edna", company="Acme")
    save(bobs, key, first_name="")
    assert Draft.objects.get().typed["first_name"] == [""]
    assert save(bobs, key="nonsense", first_name="Ed").status_code == 200
    assert Draft.objects.count() == 1


def test_sending_a_draft_makes_it_the_lead_and_its_old_address_leads_there(bobs, key):
    save(bobs, email="wrong", first_name="Aoife")
    draft = Draft.objects.get()
    data = lead_form(bobs.get("draft_open", draft.public_id)).sends() | {"email": "aoife@example.com"}
    assert bobs.post("submission_new", data=data).status_code == 303
    lead = Submission.objects.get()
    assert (lead.public_id, lead.state) == (draft.public_id, State.QUEUED)
    assert not Draft.objects.exists()
    assert bobs.get("draft_open", draft.public_id)["Location"] == bobs.url("submission_detail", lead.public_id)
    assert "began a draft" in bobs.get("submission_detail", lead.public_id).content.decode()


def test_it_is_on_the_home_page_and_the_list_until_it_is_thrown_away(bobs):
    save(bobs, first_name="Aoife", company="<b>Acme</b>")
    draft = Draft.objects.get()
    for view in ("team_home", "submission_list"):
        page = bobs.get(view)
        assert "Aoife" in page.content.decode()
        assert bobs.url("draft_open", draft.public_id) in page.content.decode()
    assert bobs.post("draft_discard", draft.public_id).status_code == 303
    assert not Draft.objects.exists()
    assert bobs.post("draft_discard", draft.public_id).status_code == 404
    for view in ("team_home", "submission_list"):
        assert "Your drafts" not in bobs.get(view).content.decode()


def test_the_home_page_notices_a_draft_that_was_saved_elsewhere(bobs):
    before = bobs.get("team_home", headers=HTMX)
    seen = parse(before).one("div", id="today").attrs["hx-get"].partition("seen=")[2]
    assert bobs.get("team_home", query=f"?seen={seen}", headers=HTMX).status_code == 204
    save(bobs, first_name="Aoife")
    assert bobs.get("team_home", query=f"?seen={seen}", headers=HTMX).status_code == 200


def test_nobody_else_sees_it(team, bobs, browse, alice, carol, charlie):
    save(bobs, first_name="Aoife", email="aoife@example.com")
    draft = Draft.objects.get()
    for other in (alice, carol, charlie):
        browser = browse(other)
        assert browser.get("draft_open", draft.public_id).status_code == 404
        assert browser.post("draft_discard", draft.public_id).status_code == 404
        assert browser.get("submission_detail", draft.public_id).status_code == 404
        for view in ("team_home", "submission_list"):
            assert "Aoife" not in browser.get(view, query="?q=aoife").content.decode()
        save(browser, draft.one_time_key, first_name="Mine now")
    draft.refresh_from_db()
    assert draft.typed["first_name"] == ["Aoife"]


def test_the_button_saves_without_script(bobs):
    response = bobs.enter({**WRONG, "then": "draft"})
    assert response.status_code == 303
    assert response["Location"] == bobs.url("submission_list")
    assert {name: texts[0] for name, texts in Draft.objects.get().typed.items()} == WRONG
    assert "Go on" in bobs.client.get(response["Location"]).content.decode()
    assert (
        "nothing to save"
        in bobs.client.post(bobs.url("submission_new"), {"then": "draft"}, follow=True).content.decode()
    )


def test_it_loses_nothing_when_there_are_too_many(bobs, monkeypatch):
    monkeypatch.setattr("leads.services.drafts.MOST", 0)
    assert "You have 0 drafts" in save(bobs, first_name="Aoife").content.decode()
    response = bobs.enter({**WRONG, "then": "draft"})
    assert response.status_code == 422
    assert lead_form(response).sends()["email"] == [WRONG["email"]]
    assert "You have 0 drafts" in response.content.decode()


def test_it_opens_in_its_preset_or_in_all_fields_where_that_would_hide_something(team, bobs):
    preset = make_preset(team, make_row("email"), make_row("city"))
    save(bobs, preset=str(preset.public_id), email="a@", city="Cork")
    draft = Draft.objects.get()
    assert lead_form(bobs.get("draft_open", draft.public_id)).sends()["preset"] == [str(preset.public_id)]
    FormPreset.objects.filter(pk=preset.pk).update(rows=[make_row("email")])
    page = bobs.get("draft_open", draft.public_id)
    assert lead_form(page).sends()["city"] == ["Cork"]
    assert "was changed meanwhile" in page.content.decode()


def test_what_has_no_field_any_more_is_said(bobs):
    save(bobs, **{"first_name": "Aoife", "attributes.gone": "quite <large>"})
    page = bobs.get("draft_open", Draft.objects.get().public_id).content.decode()
    assert "it said “quite &lt;large&gt;”" in page


def test_it_survives_what_no_browser_sends(bobs):
    assert save(bobs, first_name="a\0b", email="x" * BLOCK).status_code == 200
    draft = Draft.objects.get()
    assert draft.typed["first_name"] == ["a\N{REPLACEMENT CHARACTER}b"]
    assert bobs.get("draft_open", draft.public_id).status_code == 200


def test_a_session_that_ended_is_told_in_place(browse):
    response = browse(None).post("draft_save", data={"first_name": "Aoife"}, headers=HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (401, "#notices")


@pytest.fixture
def sent_back(team, bob, carol):
    team.reviews = True
    team.save()
    lead = make_submission(team, bob)
    submissions.send_back(submission=lead, comment="Which shop?", actor=actor_for(carol))
    return lead


def change(browser, lead, **typed):
    query = f"?lead={lead.public_id}"
    return browser.client.post(browser.url("draft_save") + query, typed, headers=HTMX)


def test_changes_of_a_lead_save_themselves_and_are_there_again(bobs, sent_back):
    page = bobs.get("submission_edit", sent_back.public_id)
    place = parse(page).one(id="draft-state").attrs["hx-post"]
    typed = lead_form(page).sends() | WRONG | {"comment": "The second shop."}
    assert "saved, and not sent" in bobs.client.post(place, typed, headers=HTMX).content.decode()
    again = bobs.get("submission_edit", sent_back.public_id)
    sent = lead_form(again).sends()
    assert {name: sent[name] for name in WRONG} == {name: [text] for name, text in WRONG.items()}
    assert sent["comment"] == ["The second shop."]
    assert "This is what you typed" in again.content.decode()
    assert "was changed since" not in again.content.decode()
    assert "to put right" not in again.content.decode()
    draft = Draft.objects.get()
    home = bobs.get("team_home").content.decode()
    assert f"changes to {sent_back.reference}" in home
    assert bobs.get("draft_open", draft.public_id)["Location"] == bobs.url("submission_edit", sent_back.public_id)
    sent_back.refresh_from_db()
    assert sent_back.state == State.CHANGES_REQUESTED


def test_sending_the_changes_ends_their_draft(team, bobs, sent_back):
    change(bobs, sent_back, email="half")
    data = lead_form(bobs.get("submission_edit", sent_back.public_id)).sends() | {"email": "whole@example.com"}
    assert bobs.post("submission_edit", sent_back.public_id, data=data).status_code == 303
    assert not Draft.objects.exists()
    assert "saved" not in change(bobs, sent_back, email="late").content.decode()
    assert not Draft.objects.exists()


def test_changes_are_thrown_away_and_the_lead_stays_as_it_was(bobs, sent_back):
    change(bobs, sent_back, email="half")
    page = parse(bobs.get("submission_edit", sent_back.public_id))
    action = page.one("form", id="changes").attrs["action"]
    assert bobs.client.post(action)["Location"] == bobs.url("submission_edit", sent_back.public_id)
    assert not Draft.objects.exists()
    assert lead_form(bobs.get("submission_edit", sent_back.public_id)).sends()["email"] == [sent_back.values["email"]]


def test_changes_are_saved_by_a_button_without_script(bobs, sent_back):
    data = lead_form(bobs.get("submission_edit", sent_back.public_id)).sends() | {"email": "half", "then": "draft"}
    assert bobs.post("submission_edit", sent_back.public_id, data=data).status_code == 303
    assert Draft.objects.get().typed["email"] == ["half"]


def test_changes_that_come_too_late_are_handed_back(bobs, sent_back):
    """The lead went meanwhile, here because somebody took it back: nothing typed is gone with it."""
    data = lead_form(bobs.get("submission_edit", sent_back.public_id)).sends() | WRONG | {"comment": "The second shop."}
    Submission.objects.filter(pk=sent_back.pk).update(state=State.CANCELLED)
    assert "cannot be changed" in change(bobs, sent_back, email="late").content.decode()
    response = bobs.post("submission_edit", sent_back.public_id, data=data | {"then": "draft"})
    assert response.status_code == 422
    sent = lead_form(response).sends()
    assert {name: sent[name] for name in WRONG} == {name: [text] for name, text in WRONG.items()}
    assert sent["comment"] == ["The second shop."]
    assert "cannot be changed" in response.content.decode()
    assert not Draft.objects.exists()


def test_changes_are_nobody_elses_to_see_or_to_save(bobs, browse, sent_back, alice, charlie):
    change(bobs, sent_back, email="half@secret.example")
    for somebody in (alice, charlie):
        browser = browse(somebody)
        assert "half@secret" not in browser.get("submission_edit", sent_back.public_id).content.decode()
    assert change(browse(charlie), sent_back, email="x").status_code in (403, 404)
    assert change(bobs, sent_back.__class__(public_id=uuid4()), email="x").status_code == 404
    assert bobs.client.post(bobs.url("draft_save") + "?lead=nonsense").status_code == 404


def test_the_home_page_says_before_a_draft_goes(bobs):
    save(bobs, first_name="Aoife")
    assert "will be removed" not in bobs.get("team_home").content.decode()
    Draft.objects.update(saved_at=timezone.now() - drafts.KEPT + drafts.TOLD / 2)
    assert "1 draft of yours will be removed" in bobs.get("team_home").content.decode()
