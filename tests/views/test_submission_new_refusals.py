"""Bad input to the entry form, field by field: never a crash, nothing lost, nothing sent."""

from __future__ import annotations

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.breakcold.sandbox.world import make_id
from leads.models import CustomAttribute, PickerOption, Submission

from .page import errors_of, lead_form, parse

VIEW = "submission_new"
ALONGSIDE = {"first_name": "Aoife <3", "icebreaker": 'one\n"two"', "contract_currency": "EUR", "is_company": "true"}


def attribute(name, suffix=""):
    return f"attributes.{make_id('attribute', name)}{suffix}"


WRONG = [
    ("email", ["aoife", "a@b", "@example.com", "a b@example.com", "a@example.com, b@example.com", "<a@example.com>",
               "a@example.com\0", "a\x1b@example.com", "a@" + "b" * 300 + ".ie", "a" * 300 + "@example.com",
               "a@[::1"]),
    ("phone", ["call me", "123", "+", "+999999999999999999", "+353 1 234 5678 ext. 12",
    "+353 1 234 5678, +353 1 234 5679",
               "01 234 5678", "+353\0 1", "+1 800 FLOWERS", "+353 1 234 5678 #5", "+353 1 2345678;isub=1"]),
    ("website_url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "\u200bjavascript:alert(1)",
                     "data:text/html,<script>", "vbscript:x", "file:///etc/passwd", "ftp://example.com", "https://",
                     "https:///x", "//example.com", "https://[::1", "https://exa mple.com", "http:example.com",
                     "ht!tp://x",
                     "https://example.com/\0", "javascript:1", "mailto:a@example.com", "https://-x-"]),
    ("linkedin_url", ["javascript:alert(1)", "just text here"]),
    ("avatar_url", ["data:image/png;base64,AAAA"]),
    ("contract_currency", ["XXX", "eur", "EUR ", "\0"]),
    ("contract_value", ["-5", "12.5", "1e3", "twelve", "١٢", "€12", "12,50", "1" * 16, "0x10", "NaN", "\0"]),
    ("first_name", ["a\0b", "a\x07b", "a\nb", "\x1b[31mred", "a\x85b", "a\x7fb"]),
    ("icebreaker", ["a\0b", "\x08", "x" * 5_001]),
    ("is_company", ["maybe", "2", "\0", "None"]),
    ("id_list", ["nowhere", "\0"]),
    ("lists", [["nowhere"], ["\0"]]),
    ("tags", [["gone"], ["<script>"]]),
    (attribute("Number of sites"), ["many", "1,5", "NaN", "Infinity", "1e400000", "9" * 16, "0x1", "\0"]),
    (attribute("Yearly budget"), ["1.234", "12 €"]),
    (attribute("Invoice email"), ["nobody"]),
    (attribute("Contract ends"), ["tomorrow", "2026-02-30", "0000-00-00", "\0", "9" * 100]),
    (attribute("Call back at"), ["soon", "xyzZ", "2026-13-01T00:00Z", "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00", "Z",
                                 "\0", "2026-01-01T25:00"]),
    (attribute("Industry"), ["nothing"]),
    (attribute("Interested in"), [["nothing"]]),
    (attribute("Agreed to be contacted"), ["perhaps"]),
    (attribute("Switchboard"), ["nobody"]),
]  # fmt: skip
#: What a list of options cannot show again: no option has that value. Its message names it.
PICKED = {"contract_currency", "id_list", "lists", "tags", "is_company"} | {
    attribute(name) for name in ("Industry", "Interested in", "Agreed to be contacted")
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG for value in values], ids=lambda part: repr(part)[-40:]
)
def test_it_hands_back_what_is_wrong_with_the_reason_beside_it(bob, browse, options, name, value):
    typed = {key: text for key, text in ALONGSIDE.items() if key != name} | {name: value}
    response = browse(bob).enter(typed)
    assert response.status_code == 422
    assert list(errors_of(response)) == [name]
    form = lead_form(response)
    summary = form.one(id="error-summary")
    assert "data-focus" in summary.attrs and summary.attrs["tabindex"] == "-1"
    target = summary.one("a").attrs["href"].removeprefix("#")
    assert len(parse(response).all(id=target)) == 1
    sent = form.sends()
    for key, text in typed.items():
        if key not in PICKED or key != name:
            assert sent[key][-1].replace("\r\n", "\n") == text
    assert not Submission.objects.exists()


def test_it_opens_the_group_a_mistake_is_in(bob, browse, options):
    page = parse(browse(bob).enter({"email": "a@example.com", "contract_value": "-1"}))
    assert "open" in page.one("details", id="group-deal").attrs
    assert "open" not in page.one("details", id="group-social").attrs


def test_it_hands_back_a_place_of_which_a_part_is_missing(bob, browse, options):
    place = attribute("Delivery address")
    for given in (
        {"_address": "Quay 1"},
        {"_latitude": "53"},
        {"_address": "Quay 1", "_latitude": "91", "_longitude": "0"},
    ):
        typed = {place + suffix: text for suffix, text in given.items()}
        response = browse(bob).enter({"email": "a@example.com", **typed})
        assert (response.status_code, list(errors_of(response))) == (422, [place])
        sent = lead_form(response).sends()
        assert {name: sent[name][0] for name in typed} == typed


@pytest.mark.parametrize(
    "typed", [{}, {"city": "Cork"}, {"first_name": " \u200b\u00a0"}, {"tags": []}, {"is_company": "true"}]
)
def test_it_wants_something_that_names_the_lead(bob, browse, typed):
    response = browse(bob).enter(typed)
    assert response.status_code == 422
    assert "Enter at least a name" in lead_form(response).one(id="error-summary").text


def test_it_says_which_option_has_vanished(team, bob, browse, options):
    tag = PickerOption.objects.filter(kind="tag").first()
    PickerOption.objects.filter(pk=tag.pk).update(is_gone=True)
    response = browse(bob).enter({"email": "a@example.com", "tags": [tag.external_id]})
    assert "not one of the options any more" in errors_of(response)["tags"]


def test_it_hands_back_what_was_typed_in_an_attribute_that_has_vanished(team, bob, browse, options):
    CustomAttribute.objects.filter(name="Customer number").update(is_gone=True)
    browser = browse(bob)
    response = browser.enter({"email": "a@example.com", attribute("Customer number"): "C-0042"})
    assert response.status_code == 422
    assert "C-0042" in lead_form(response).one(id="error-summary").text
    assert not Submission.objects.exists()
    assert browser.post(VIEW, data=lead_form(response).sends()).status_code == 303


def test_it_keeps_both_values_of_a_name_that_came_twice(bob, browse):
    response = browse(bob).enter({"email": ["one@example.com", "two@example.com"], "city": ["Cork", "Cork"]})
    assert response.status_code == 422
    assert list(errors_of(response)) == ["email"]
    assert "one@example.com" in errors_of(response)["email"]
    assert lead_form(response).sends()["email"] == ["two@example.com"]


def test_it_wants_the_list_a_status_belongs_to(bob, browse, options):
    status = make_id("status", "Inbound/New")
    response = browse(bob).enter({"email": "a@example.com", "status": [status]})
    assert "Inbound" in errors_of(response)["status"]
    assert lead_form(response).sends()["status"] == [status]


def test_it_answers_soon_whatever_is_typed(bob, browse, options):
    nasty = ["(" * 20_000, "a@" * 20_000, "1." * 20_000, "http://" + "a-" * 20_000, "+1 " * 20_000, " " * 40_000 + "x",
             "e\u0301" * 20_000, "\u1d160" * 20_000, "," * 40_000, "1,000" + ",000" * 10_000,
             "%" * 40_000]  # fmt: skip
    names = ["first_name", "email", "phone", "website_url", "contract_value", attribute("Number of sites"),
             attribute("Call back at"), attribute("Contract ends"), attribute("Switchboard")]  # fmt: skip
    browser = browse(bob)
    for text in nasty:
        start = time.process_time()
        assert browser.enter(dict.fromkeys(names, text)).status_code == 422
        assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "name", ["first_name", "icebreaker", "tags", "unknown", attribute("Delivery address", "_address")]
)
def test_it_refuses_a_file_where_text_belongs(bob, browse, options, name):
    response = browse(bob).enter({"email": "a@example.com", name: SimpleUploadedFile("a.txt", b"Aoife")})
    assert response.status_code == 422
    assert "not a file" in lead_form(response).one(id="error-summary").text
    assert lead_form(response).sends()["email"] == ["a@example.com"]
