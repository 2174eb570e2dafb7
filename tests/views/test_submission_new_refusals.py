"""Bad input to the entry form: never a crash, nothing lost, nothing sent."""

from __future__ import annotations

import json
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from leads.breakcold.sandbox.world import make_id
from leads.models import AuditEntry, CustomAttribute, PickerOption, Submission

from .conftest import HTMX
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


# The request as a whole


def raw(browser, body, content_type, **kwargs):
    return browser.client.generic("POST", browser.url(VIEW), body, content_type=content_type, **kwargs)


FORM = "application/x-www-form-urlencoded"


def test_it_reads_bytes_that_are_no_text_without_failing(bob, browse):
    for raw_bytes in (b"%ED%A0%80", b"%FF%FE", b"\xed\xa0\x80", b"%C0%80", b"%"):
        response = raw(browse(bob), b"email=nobody&first_name=" + raw_bytes, FORM)
        assert response.status_code == 422
        assert "email" in errors_of(response)


@pytest.mark.parametrize(
    "name", ["first_name", "email", "phone", "website_url", "icebreaker", "contract_value", "twitter_name"]
)
def test_it_hands_back_a_megabyte_in_one_field(bob, browse, name):
    text = "9" * (1024 * 1024)
    response = raw(browse(bob), f"company=Big&{name}={text}".encode(), FORM)
    assert response.status_code == 422
    assert list(errors_of(response)) == [name]
    assert lead_form(response).sends()[name] == [text]


def test_it_refuses_a_body_of_four_megabytes_without_reading_it(bob, browse):
    response = raw(browse(bob), b"icebreaker=" + b"x" * (4 << 20), FORM)
    assert response.status_code == 400
    assert "Nothing was changed" in response.content.decode()
    assert not Submission.objects.exists()


def test_it_takes_no_notice_of_a_thousand_unknown_fields(bob, browse):
    extra = {f"unknown_{number}": "x" for number in range(1_000)}
    assert browse(bob).enter({"email": "a@example.com", **extra}).status_code == 303
    assert Submission.objects.get().values["email"] == "a@example.com"


def test_it_refuses_five_thousand_fields(bob, browse):
    extra = {f"unknown_{number}": "x" for number in range(5_000)}
    assert browse(bob).enter({"email": "a@example.com", **extra}).status_code == 400
    assert not Submission.objects.exists()


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


MULTIPART = [
    b"",
    b"garbage",
    b"--B\r\n",
    b"--B\r\nContent-Disposition: form-data\r\n\r\na@example.com\r\n--B--\r\n",
    b'--B\r\nContent-Disposition: form-data; name="email"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--B--\r\n',
    b'--B\r\nContent-Disposition: form-data; name="email"; filename="\0"\r\n\r\nx\r\n--B--\r\n',
    b'--B\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\nx\r\n--B--\r\n',
    b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xed\xa0\x80\r\n--B--\r\n',
    b"--B--\r\n" * 1_000,
]


@pytest.mark.parametrize("body", MULTIPART, ids=range(len(MULTIPART)))
def test_it_survives_malformed_multipart(bob, browse, body):
    response = raw(browse(bob), body, "multipart/form-data; boundary=B")
    assert response.status_code in (400, 422)
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/json", "application/xml", "multipart/form-data", "multipart/form-data; boundary=",
     "multipart/form-data; boundary=" + "b" * 300, "multipart/form-data; boundary=é", "garbage", "a/b; charset=x",
     "multipart/mixed; boundary=B", "application/x-www-form-urlencoded; charset=latin1"],
)  # fmt: skip
def test_it_enters_nothing_that_is_not_a_form(bob, browse, content_type):
    for body in (b"email=a%40example.com", json.dumps({"email": "a@example.com"}).encode()):
        response = raw(browse(bob), body, content_type)
        assert response.status_code in (400, 422)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "latin1", "unicode_escape", "idna"])
def test_it_reads_nothing_but_utf8(bob, browse, charset):
    """Other encodings can spell halves of characters, which no page and no database can hold."""
    part = b'--B\r\nContent-Disposition: form-data; name="first_name"\r\n\r\n+2AA-\\ud800\r\n--B--\r\n'
    response = raw(browse(bob), part, f"multipart/form-data; boundary=B; charset={charset}")
    assert response.status_code == 400
    assert not Submission.objects.exists()


def test_it_shows_what_the_address_brings_as_text(bob, browse):
    response = browse(bob).get(VIEW, query="?company=%22%3E%3Cscript%3E%00%ED%A0%80" + "a" * 5_000)
    company = lead_form(response).one("input", name="company").attrs["value"]
    assert company.startswith('"><script>') and len(company) == 200


# Tokens and sessions


@pytest.fixture
def strict(bob, browse):
    """Bob's browser where the token is checked as in life."""
    browser = browse(bob)
    client = Client(enforce_csrf_checks=True)
    client.raise_request_exception = False
    client.cookies = browser.client.cookies
    browser.client = client
    return browser


HERE = {"Origin": "http://testserver"}
TYPED = {"email": "a@example.com", "icebreaker": "first\r\nsecond", "tags": ["x", "y"]}


def handed_back(response):
    assert response.status_code == 403
    sent = parse(response).one("form", action=reverse(VIEW, args=["brewers"])).sends()
    return {name: values for name, values in sent.items() if name != "csrfmiddlewaretoken"}


@pytest.mark.parametrize("token", [None, "", "x", "a" * 64, "\0", "é" * 32])
def test_it_hands_back_a_form_of_its_own_whose_token_is_missing_or_wrong(strict, token):
    extra = {} if token is None else {"csrfmiddlewaretoken": token}
    response = strict.post(VIEW, data=TYPED | extra, headers=HERE)
    assert handed_back(response) == {"email": ["a@example.com"], "icebreaker": ["first\r\nsecond"], "tags": ["x", "y"]}
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "https://testserver"}, {"Origin": "http://testserver.evil.example"},
     {"Origin": "http://evil.example"}, {"Origin": "http://["}, {"Origin": ""}, {"Referer": "http://evil.example/"},
     {"Referer": "http://["}, {"Origin": "http://testserver@evil.example"}, {"Origin": "http://testserver:8000"}],
    ids=str,
)  # fmt: skip
def test_it_gives_nothing_back_to_another_site(strict, headers):
    response = strict.post(VIEW, data=TYPED, headers=headers)
    assert response.status_code == 403
    assert "a@example.com" not in response.content.decode()
    assert not Submission.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="submission").exists()


def test_it_takes_a_form_again_after_a_sign_in_in_another_tab(strict, bob):
    stale = lead_form(strict.get(VIEW)).sends()
    strict.client.logout()
    strict.client.get("/accounts/login/")
    token = strict.client.cookies["portal-csrf"].value
    login = {"login": bob.email, "password": "correct horse battery", "csrfmiddlewaretoken": token}
    assert strict.client.post("/accounts/login/", login, headers=HERE).status_code == 302
    typed = stale | {"email": "a@example.com", "city": "Cork"}
    response = strict.post(VIEW, data=typed, headers=HERE)
    again = parse(response).one("form", action=strict.url(VIEW)).sends()
    assert again["city"] == ["Cork"]
    assert strict.post(VIEW, data=again, headers=HERE).status_code == 303
    assert Submission.objects.get().values["city"] == "Cork"


def test_it_takes_a_form_again_after_the_session_ended_in_the_middle_of_it(strict, bob):
    page = lead_form(strict.get(VIEW)).sends()
    strict.client.session.flush()
    typed = page | {"email": "a@example.com", "city": "Cork"}
    response = strict.post(VIEW, data=typed, headers=HERE)
    assert "You were signed out" in response.content.decode()
    again = parse(response).one("form", action=strict.url(VIEW)).sends()
    strict.client.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    third = strict.post(VIEW, data=again, headers=HERE)
    if third.status_code == 403:  # the token changed at sign-in: once more
        third = strict.post(VIEW, data=parse(third).one("form", action=strict.url(VIEW)).sends(), headers=HERE)
    assert third.status_code == 303
    assert Submission.objects.get().values["city"] == "Cork"


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_it_leaves_the_form_alone_when_htmx_has_an_old_token_or_session(strict, is_signed_in):
    if not is_signed_in:
        strict.client.logout()
    response = strict.post(VIEW, data=TYPED, headers=HERE | HTMX)
    assert response.status_code in (401, 403)
    assert response["HX-Retarget"] == "#notices"
    assert "everything you typed is still here" in response.content.decode()


@pytest.mark.parametrize("value", ["true", "false", "1", "TRUE", ""])
def test_it_changes_only_the_layout_for_a_forged_htmx_header(bob, charlie, browse, value):
    forged = {"HX-Request": value, "HX-Current-URL": "http://evil.example/", "HX-Target": "x", "HX-Boosted": "true"}
    assert browse(None).enter({"email": "a@example.com"}, headers=forged).status_code in (401, 403)
    assert browse(charlie).enter({"email": "a@example.com"}, headers=forged).status_code == 404
    assert not Submission.objects.exists()
    response = browse(bob).enter({"email": "a@example.com"}, headers=forged)
    assert response.get("HX-Redirect", response.get("Location")).startswith("/t/brewers/submissions/")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver.evil.example",
        "testserver@evil.example",
        "testserver:80:80",
        "",
        "[::1",
        "a b",
        "\xff",
    ],
)
def test_it_answers_no_other_host(bob, browse, settings, host):
    settings.ALLOWED_HOSTS = ["testserver"]
    browser = browse(bob)
    response = browser.client.post(browser.url(VIEW), {"email": "a@example.com"}, headers={"Host": host})
    assert response.status_code == 400
    assert "evil" not in response.content.decode()
    forwarded = browser.get(VIEW, headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert forwarded.status_code == 200
    assert "evil" not in forwarded.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/t/brewers/submissions/new", "/t/brewers/submissions/new//", "/t/brewers//submissions/new/",
    "/t/BREWERS/submissions/new/",
     "/t/brewers%00/submissions/new/", "/t/brewers/submissions/../submissions/new/", "/t/%2e%2e/submissions/new/",
     "/t/brewers/submissions/%6eew/;x", "/t/brewers/submissions/new/%ED%A0%80",
     "/t/brewers/submissions/new/\\evil", "/t/" + "a" * 10_000 + "/submissions/new/", "/t/brewers/submissions/NEW/"],
)  # fmt: skip
def test_it_enters_nothing_at_an_address_that_is_not_its_own(bob, browse, path):
    client = browse(bob).client
    response = client.generic("POST", path, b"email=a%40example.com", content_type=FORM)
    assert response.status_code in (301, 404)
    assert not response.get("Location", "/").startswith("//")
    assert not Submission.objects.exists()
