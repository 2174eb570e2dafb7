"""Markup as values: shown as the text it is, on every page that shows a lead."""

from __future__ import annotations

from itertools import cycle

import pytest

from leads.breakcold.fields import FIELDS, Kind
from leads.breakcold.sandbox.world import make_id
from leads.forms.kinds import clean_identifier
from leads.models import CustomAttribute, PickerOption, ReviewComment, Submission, Team
from leads.states import State
from tests.factories import make_submission

from .page import parse

PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>",
    '" autofocus onfocus=alert(1) x="', "' onmouseover='alert(1)", "<svg onload=alert(1)>", "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<a href=javascript:alert(1)>x</a>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>", "</style><script>alert(1)</script>", "<!--<script>alert(1)//-->", "-->",
    "]]>", "<![CDATA[x",
    "<div hx-get=/accounts/logout/ hx-trigger=load>", '" hx-get="/x" hx-trigger="load',
    "<b hx-on:click=alert(1)>x</b>",
    "<x hx-vals='js:{a:alert(1)}'>", "<form action=//evil.example><input name=a>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>", "<link rel=stylesheet href=//evil.example>",
    "<object data=x>",
    "<embed src=x>", "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>",
    "<math><mtext></form><form>",
    "{{ 7|add:7 }}", "{% include 'x' %}", "{{ settings.SECRET_KEY }}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
    "&lt;script&gt;", "&#60;script&#62;",
    "&quot;", "&", "\\u003cscript\\u003e", "%3Cscript%3E", "＜script＞", "<scr\u200bipt>", "\u202e<script>",
    "<ſcript>", "javascript:alert(1)",
    "`${alert(1)}`", "<input name=csrfmiddlewaretoken value=x>", "</p></main></body></html>", "<select><option>",
    "<template><script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<style>@import '//evil.example'</style>",
]  # fmt: skip
TEXTS = [field.name for field in FIELDS if field.kind in (Kind.TEXT, Kind.MULTILINE, Kind.HANDLE)]
ATTRIBUTES = [make_id("attribute", name) for name in ("Customer number", "Notes from the visit")]
IDENTIFIER = make_id("attribute", "Introduced by")


def shape(response):
    """The elements of a page with the names of their attributes: what markup in a value would change."""
    skipped = {
        "hx-headers",
        "value",
        "content",
        "data-until",
        "datetime",
        "title",
        "id",
        "href",
        "action",
        "hx-post",
        "hx-get",
    }
    return [
        (element.tag, sorted(element.attrs), sorted((k, v) for k, v in element.attrs.items() if k not in skipped))
        for element in parse(response).walk()
        if element.tag not in ("br", "p")
    ]


def some_of(texts):
    """For each text field one of them, in turn."""
    return dict(zip(TEXTS, cycle(texts), strict=False))


#: All payloads, as many at once as there are fields for them: each in about half of the fields over all rounds.
ROUNDS = [PAYLOADS[start:] + PAYLOADS[:start] for start in range(0, len(PAYLOADS), 5)]
every_round = pytest.mark.parametrize("texts", ROUNDS, ids=range(len(ROUNDS)))


def enter(team, user, texts):
    """A lead whose every text is one of these, in a state in which it can be edited."""
    text = texts[0]
    attributes = {**dict.fromkeys(ATTRIBUTES, text), IDENTIFIER: clean_identifier(text)}  # as the form keeps them
    values = some_of(texts) | {"attributes": attributes}
    lead = make_submission(team, user, **values)
    Submission.objects.filter(pk=lead.pk).update(
        state=State.CHANGES_REQUESTED,
        problem={"kind": "refused", "message": text, "status": 400, "issues": [{"field": text, "message": text}]},
    )
    ReviewComment.objects.create(submission=lead, author=user, decision="send-back", text=text)
    return lead


TAME: dict[str, object] = {}  # the shapes of pages about a harmless lead, the same in every test


def tame_shape(name, make):
    if name not in TAME:
        TAME[name] = shape(make())
    return TAME[name]


@every_round
def test_it_shows_markup_as_text(team, bob, browse, options, texts):
    browser = browse(bob)
    nasty = enter(team, bob, texts)
    detail, edit = (browser.get(page, nasty.public_id) for page in ("submission_detail", "submission_edit"))
    assert shape(detail) == tame_shape(
        "detail", lambda: browser.get("submission_detail", enter(team, bob, ["tame"]).public_id)
    )
    assert shape(edit) == tame_shape(
        "edit", lambda: browser.get("submission_edit", enter(team, bob, ["tame"]).public_id)
    )
    shown = parse(detail).one("main").text
    typed = some_of(texts)
    assert not [text for text in typed.values() if text not in shown]
    sent = parse(edit).one("form", id="lead-form").sends()
    assert {name: sent[name] for name in TEXTS} == {name: [text] for name, text in typed.items()}
    row = parse(browser.get("submission_list")).one(id=f"submission-{nasty.public_id}")
    assert typed["first_name"] in " ".join(row.text.split())


@every_round
def test_it_hands_back_markup_that_is_wrong_as_text(bob, browse, options, texts):
    others = ["email", "website_url", "phone", "tags", "contract_currency", "attributes.x"]

    def refuse(values):
        typed = some_of(values) | dict(zip(others, reversed(values * len(others)), strict=False))
        response = browse(bob).enter(typed | {"contract_value": "wrong"})
        assert response.status_code == 422
        return response

    response = refuse(texts)
    tame = {tag for tag, *_ in tame_shape("refused", lambda: refuse(["tame"]))}
    assert {tag for tag, *_ in shape(response)} == tame
    assert not [e for e in parse(response).walk() if any(name.startswith(("on", "hx-on")) for name in e.attrs)]
    sent = parse(response).one("form", id="lead-form").sends()
    assert {name: sent[name] for name in TEXTS} == {name: [text] for name, text in some_of(texts).items()}


@pytest.mark.parametrize("text", PAYLOADS[:30:3], ids=ascii)
def test_it_shows_markup_from_breakcold_and_from_admins_as_text(team, bob, browse, text):
    """Names of options, attributes and teams come from elsewhere and are as little to be trusted."""
    team.name = text[:100]
    Team.objects.filter(pk=team.pk).update(name=text[:100])
    PickerOption.objects.create(
        team=team, environment=team.environment, kind="tag", external_id=text, name=text, color=text[:30]
    )
    CustomAttribute.objects.create(
        team=team,
        environment=team.environment,
        external_id=text,
        name=text,
        kind="SELECT",
        options=[{"id": text, "name": text}],
    )
    CustomAttribute.objects.create(
        team=team, environment=team.environment, external_id=f"{text}2", name=text, kind="TEXT"
    )
    lead = make_submission(team, bob, tags=[text], attributes={text: text, f"{text}2": text})
    browser = browse(bob)
    for name, args in (
        ("submission_new", []),
        ("submission_detail", [lead.public_id]),
        ("field_reference", []),
        ("audit_list", []),
    ):
        response = browser.get(name, *args)
        assert response.status_code == 200
        page = parse(response)
        tags = {element.tag for element in page.walk()}
        assert not tags & {"iframe", "object", "embed", "base", "img2", "video", "math", "template", "x", "source"}
        assert all(e.attrs.get("src", "/static").startswith("/static") for e in page.all("script"))
        assert not [e for e in page.walk() if any(n.startswith(("on", "hx-on")) or n == "srcdoc" for n in e.attrs)]
    sent = parse(browser.get("submission_new")).one("form", id="lead-form")
    assert sent.all("input", name="tags", value=text)


def test_it_hands_back_markup_as_text(browse, team):
    browser = browse(None)
    for text in PAYLOADS:
        page = parse(browser.enter({"first_name": text, text[:50] or "x": "value"}))
        sent = page.one("form", action=browser.url("submission_new")).sends()
        assert sent["first_name"] == [text]
        assert len(page.all("form")) == 1 and not page.all("iframe") and not page.all("svg", onload="alert(1)"), text


def test_it_repeats_a_search_as_text(team, bob, browse):
    browser = browse(bob)
    for name, box in (("submission_list", "q"), ("audit_list", "about")):
        tame = shape(browser.client.get(browser.url(name), {box: "tame"}))
        for text in PAYLOADS:
            nasty = browser.client.get(browser.url(name), {box: text})
            assert shape(nasty) == tame, text
            assert parse(nasty).one("input", name=box).attrs["value"] == text
