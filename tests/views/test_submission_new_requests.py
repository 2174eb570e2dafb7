"""Requests to the entry form as a whole: too big, malformed, of another kind, or to another address or host."""

from __future__ import annotations

import json

import pytest

from leads.models import Submission

from .page import errors_of, lead_form

VIEW = "submission_new"
FORM = "application/x-www-form-urlencoded"


def raw(browser, body, content_type, **kwargs):
    return browser.client.generic("POST", browser.url(VIEW), body, content_type=content_type, **kwargs)


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
    assert company.startswith('"><script>') and len(company) == 5_000


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
