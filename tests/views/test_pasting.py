"""What is pasted fills the empty fields of the entry form, loses nothing, is put back, and is kept nowhere."""

from __future__ import annotations

import logging

import pytest

from leads.models import Draft, Submission, Team
from leads.pasted import MOST_CHARACTERS
from tests.factories import make_preset, make_row
from tests.pasted.signatures import SIGNATURES

from .conftest import HTMX
from .page import lead_form, parse

COUNTRY, TEXT, VALUES, REST = SIGNATURES["ireland"]


@pytest.fixture
def bobs(bob, browse, team):
    Team.objects.filter(pk=team.pk).update(default_phone_country=COUNTRY)
    return browse(bob)


def paste(browser, text=TEXT, then="paste", **typed):
    return browser.enter({"pasted": text, "then": then, **typed})


def said(response):
    return {name: texts[0] for name, texts in lead_form(response).sends().items() if texts[0]}


def test_it_fills_the_form_says_so_and_shows_what_found_no_place(bobs):
    response = paste(bobs)
    assert response.status_code == 200
    sent = said(response)
    assert {name: sent[name] for name in VALUES} == VALUES
    assert sent["pasted"].splitlines() == REST
    page = response.content.decode()
    assert f"Filled {len(VALUES)} fields from what you pasted" in page
    assert page.count("data-filled") == len(VALUES)
    assert not Submission.objects.exists()
    assert not Draft.objects.exists()


def test_to_htmx_it_is_the_form_alone(bobs):
    response = bobs.post("submission_new", data={"pasted": TEXT, "then": "paste"}, headers=HTMX)
    assert not parse(response).all("html")
    assert said(response)["email"] == VALUES["email"]


def test_what_was_typed_stays_and_what_was_pasted_is_not_lost(bobs):
    sent = said(paste(bobs, email="not@that.example", company=VALUES["company"].upper(), city=" "))
    assert sent["email"] == "not@that.example"
    assert sent["company"] == VALUES["company"].upper()
    assert sent["city"] == VALUES["city"]
    assert f"Email: {VALUES['email']}" in sent["pasted"]
    assert "Company:" not in sent["pasted"]


def test_it_is_put_back_but_for_what_was_changed_meanwhile(bobs):
    filled = said(paste(bobs, twitter_name="typed_before")) | {"city": "Cork"}
    response = bobs.client.post(bobs.url("submission_new"), filled | {"then": "put-back"})
    assert response.status_code == 200
    left = said(response)
    assert left.keys() & VALUES.keys() == {"city"}
    assert (left["city"], left["twitter_name"]) == ("Cork", "typed_before")
    assert left["pasted"] == TEXT.replace("\r\n", "\n").removeprefix("\n")
    assert left["one_time_key"] == filled["one_time_key"]


def test_what_found_no_place_stays_through_a_mistake(bobs):
    filled = said(paste(bobs)) | {"email": "no address"}
    filled.pop("pasted_before")
    response = bobs.client.post(bobs.url("submission_new"), filled)
    assert response.status_code == 422
    assert said(response)["pasted"].splitlines() == REST


def test_the_filled_form_is_sent_like_any_other(bobs, key):
    response = bobs.client.post(bobs.url("submission_new"), said(paste(bobs)))
    assert response.status_code == 303
    values = Submission.objects.get().values
    assert values["first_name"] == VALUES["first_name"]
    assert values["phone"] == "+35315550100"
    assert "pasted" not in values


def test_a_preset_takes_only_what_it_shows(team, bobs):
    preset = make_preset(team, make_row("email"), make_row("company", fixed=True, default="Example Fixed"))
    sent = said(paste(bobs, preset=str(preset.public_id)))
    assert sent["email"] == VALUES["email"]
    assert "phone" not in sent
    assert f"Phone: {VALUES['phone']}" in sent["pasted"]
    assert f"Company: {VALUES['company']}" in sent["pasted"]


def test_a_value_its_field_would_refuse_is_left(bobs):
    sent = said(paste(bobs, "Email: sam at example\nDeal value: a lot\nCompany: Example Ltd\nCity: " + "x" * 300))
    assert sent["company"] == "Example Ltd"
    assert not sent.keys() & {"email", "contract_value", "city"}
    for text in ("Email: sam at example", "Deal value: a lot", "City: xxx"):
        assert text in sent["pasted"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * (MOST_CHARACTERS + 1), "too long"),
        ("We met at the fair.", "Nothing in it fits"),
        ("", "Paste something first"),
    ],
    ids=["too-long", "nothing-in-it", "empty"],
)
def test_what_cannot_be_read_is_said_and_stays(bobs, text, words):
    response = paste(bobs, text, first_name="Typed")
    assert response.status_code == 200
    assert words in response.content.decode()
    assert said(response)["first_name"] == "Typed"
    assert said(response).get("pasted", "") == text


def test_hostile_text_is_shown_as_text_and_written_to_no_log(bobs, caplog):
    with caplog.at_level(logging.DEBUG):
        response = paste(bobs, "<script>alert(1)</script>\nsecret-word\0 <b>x</b>\nEmail: a@example.com")
    assert response.status_code == 200
    page = response.content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert "secret-word" not in caplog.text
    again = bobs.client.post(bobs.url("submission_new"), {"then": "put-back", "pasted_names": "email nonsense \0"})
    assert again.status_code == 200


def test_the_first_button_of_the_form_sends_it(bobs):
    """Enter in a field presses it."""
    form = lead_form(paste(bobs))
    first = next(element for element in form.walk() if element.tag == "button" and element.attrs["type"] == "submit")
    assert "name" not in first.attrs


def test_a_lead_that_exists_has_no_place_to_paste(bobs, key):
    bobs.client.post(bobs.url("submission_new"), said(paste(bobs)))
    assert "pasted" not in bobs.get("submission_detail", Submission.objects.get().public_id).content.decode()
