"""Typing options in, changing them, taking them away, and putting another in the place of a vanished one."""

from __future__ import annotations

import pytest

from leads.models import AuditEntry, FormPreset, PickerOption, Submission
from tests.factories import make_submission
from tests.picking import add, add_many

from .page import parse
from .questions import asks_to_sign_in, hands_everything_back, hides_other_teams, rejects


def stored(team) -> dict[str, str]:
    return dict(PickerOption.objects.filter(team=team, is_gone=False).values_list("external_id", "name"))


def messages(response) -> str:
    page = parse(response)
    return " ".join(
        " ".join(each.text.split()) for each in [*page.all("div", class_="message"), *page.all(role="alert")]
    )


# Adding


def test_it_adds_one(team, alice, browse):
    browser = browse(alice)
    response = browser.post(
        "picker_add", data={"kind": "tag", "external_id": " a ", "name": "Hot", "color": "#f00", "how": "one"}
    )
    assert (response.status_code, response["Location"]) == (303, browser.url("picker_list") + "?kind=tag")
    assert stored(team) == {"a": "Hot"}
    assert AuditEntry.objects.get(action="option.added").actor_id == alice.public_id


@pytest.mark.parametrize("how", ["one", "many"])
def test_it_adds_what_stands_in_both_parts(team, alice, browse, how):
    both = {"kind": "tag", "external_id": "x", "name": "Ex", "lines": "a;A\nb;B", "how": how}
    response = browse(alice).post("picker_add", data=both, follow=True)
    assert stored(team) == {"a": "A", "b": "B", "x": "Ex"}
    assert "3 options added" in parse(response).one(id="notices").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lines": "alone"}, "Line 1: Write id and name"),
        ({"external_id": ""}, "The id is missing."),
        ({"external_id": "a"}, "The id “a” is in line 1 already."),
    ],
)
@pytest.mark.parametrize("how", ["one", "many"])
def test_it_keeps_both_parts_when_one_is_wrong(team, alice, browse, how, changes, sentence):
    both = {"kind": "tag", "external_id": "x", "name": "Ex", "lines": "a;A\nb;B", "how": how} | changes
    response = browse(alice).post("picker_add", data=both)
    assert (response.status_code, stored(team)) == (422, {})
    assert sentence in messages(response) and "line 0" not in messages(response)
    page = parse(response)
    assert page.one("textarea", name="lines").text.strip() == both["lines"]
    assert page.one("input", name="name").attrs["value"] == "Ex"


def test_it_adds_many_lines(team, alice, browse):
    lines = "id\tname\nins\tInbound\nfair\tTrade; fair\n"
    response = browse(alice).post("picker_add", data={"kind": "list", "lines": lines, "how": "many"}, follow=True)
    assert stored(team) == {"ins": "Inbound", "fair": "Trade; fair"}
    assert "2 options added" in parse(response).one(id="notices").text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"how": "one"}, "The id is missing."),
        ({"how": "one", "external_id": "a b", "name": "x"}, "has a space in it"),
        ({"how": "one", "external_id": "a", "name": "x" * 10_000}, "10,000 characters"),
        ({"how": "one", "external_id": "there", "name": "x"}, "is there already"),
        ({"how": "one", "external_id": "a\0", "name": "x"}, "cannot be shown"),
        ({"how": "one", "kind": "", "external_id": "a", "name": "x"}, "required"),
        ({"how": "one", "kind": "nonsense", "external_id": "a", "name": "x"}, "not one of the available"),
        ({"how": "many", "lines": ""}, "nothing to add"),
        ({"how": "many", "lines": "id;name"}, "only a line of headings"),
        ({"how": "many", "lines": "alone"}, "Line 1: Write id and name"),
        ({"how": "many", "lines": "a;Hot\na;Cold"}, "Line 2: The id “a” is in line 1 already."),
        ({"how": "many", "lines": "a;Ho\0t"}, "Line 1: The name holds a character"),
        ({"how": "many", "lines": "a;Gr\ufffdn"}, "Line 1: The name holds a character"),
        ({"how": "many", "lines": "\n".join(f"{number};x" for number in range(10_001))}, "10,001 lines"),
        ({"how": "many", "lines": "x;y z\n" * 30}, "And 9 more."),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_it_refuses_and_keeps_what_was_typed(team, alice, browse, data, says):
    add(team, "tag", "there")
    data = {"kind": "tag", **data}
    response = browse(alice).post("picker_add", data=data)
    assert response.status_code == 422
    assert says in messages(response)
    sent = parse(response).one("main").one("form").sends()
    for name, text in data.items():
        if name not in ("how", "kind"):
            assert sent[name][0].replace("\r\n", "\n").strip() == text.replace("\0", "\ufffd").strip() or "\0" in text
    assert stored(team) == {"there": "There"}


# Changing and taking away


def test_it_changes_one_that_was_typed_in(team, alice, browse):
    option = add(team, "tag", "a", name="Hot", is_typed_in=True)
    browser = browse(alice)
    form = parse(browser.get("picker_edit", option.public_id)).one("main").all("form")[0]
    assert form.sends()["name"] == ["Hot"]
    assert browser.post("picker_edit", option.public_id, data={"name": "Warm", "color": ""}).status_code == 303
    assert stored(team) == {"a": "Warm"}
    response = browser.post("picker_edit", option.public_id, data={"name": "", "color": "blue"})
    assert response.status_code == 422 and "The name is missing" in messages(response)
    assert 'value="blue"' in response.content.decode()


def test_it_takes_one_away_and_leads_keep_showing_it(team, bob, alice, browse):
    option = add(team, "tag", "a", name="Hot", is_typed_in=True)
    lead = make_submission(team, bob, tags=["a"])
    browser = browse(alice)
    assert lead.title in browser.get("picker_edit", option.public_id).content.decode()
    assert browser.post("picker_remove", option.public_id).status_code == 303
    assert stored(team) == {}
    assert "Hot" in browser.get("submission_detail", lead.public_id).content.decode()
    assert "Hot" in parse(browser.get("picker_list")).one("section", id="vanished").text


def test_it_leaves_breakcold_s_own_alone(team, alice, browse):
    option = add(team, "tag", "a", name="Hot")
    browser = browse(alice)
    assert "comes from Breakcold" in messages(browser.post("picker_edit", option.public_id, data={"name": "x"}))
    response = browser.post("picker_remove", option.public_id, follow=True)
    assert "comes from Breakcold" in parse(response).one(id="notices").text
    assert stored(team) == {"a": "Hot"}


# Replacing


@pytest.fixture
def hot(team, bob):
    add(team, "tag", "warm", name="Warm")
    make_submission(team, bob, tags=["hot"])
    FormPreset.objects.create(team=team, name="Fair", rows=[{"name": "tags", "default": ["hot"], "shown": True}])
    return add(team, "tag", "hot", name="Hot", is_gone=True)


def test_it_replaces_it_everywhere(team, alice, browse, hot):
    browser = browse(alice)
    page = parse(browser.get("picker_replace", hot.public_id))
    assert "Fair" in page.one("section", id="use").text and "Aoife" in page.one("section", id="use").text
    response = browser.post("picker_replace", hot.public_id, data={"new": "warm"}, follow=True)
    assert "“Hot” was replaced in 1 lead and 1 preset." in parse(response).one(id="notices").text
    assert Submission.objects.get().values["tags"] == ["warm"]
    assert FormPreset.objects.get().rows[0]["default"] == ["warm"]
    assert AuditEntry.objects.get(action="option.replaced").actor_id == alice.public_id
    assert parse(browser.get("picker_list")).all("section", id="vanished") == []


def test_it_takes_it_out_everywhere(team, alice, browse, hot):
    response = browse(alice).post("picker_replace", hot.public_id, data={"how": "take-out"}, follow=True)
    assert "was taken out of 1 lead and 1 preset" in parse(response).one(id="notices").text
    assert "tags" not in Submission.objects.get().values


def test_it_tells_of_leads_that_left(team, bob, alice, browse, hot):
    lead = make_submission(team, bob, tags=["hot"])
    Submission.objects.filter(pk=lead.pk).update(
        state="sending", attempt_token="0" * 32, lease_until="2030-01-01T00:00Z"
    )
    response = browse(alice).post("picker_replace", hot.public_id, data={"new": "warm"}, follow=True)
    assert "1 on their way to Breakcold were left as they are" in parse(response).one(id="notices").text


@pytest.mark.parametrize(
    ("new", "says"), [("", "Choose what takes its place"), ("never", "not one of the options"), ("hot", "not one of")]
)
def test_it_refuses_what_cannot_take_its_place(team, alice, browse, hot, new, says):
    response = browse(alice).post("picker_replace", hot.public_id, data={"new": new})
    assert response.status_code == 422 and says in messages(response)
    assert Submission.objects.get().values["tags"] == ["hot"]


def test_it_searches_among_thousands_without_script(team, alice, browse, hot):
    add_many(team, "tag", 5_000)
    browser = browse(alice)
    assert len(browser.get("picker_replace", hot.public_id).content) < 60_000
    response = browser.post("picker_replace", hot.public_id, data={"find": "new", "find.new": "tag 4999"})
    assert response.status_code == 422 and not messages(response).strip()
    form = parse(response).one("form", id="replace-form")
    assert [box.attrs["value"] for box in form.one("div", id="matches-new").all("input")] == ["tag-4999"]
    assert browser.post("picker_replace", hot.public_id, data={"new": "tag-4999"}).status_code == 303
    assert Submission.objects.get().values["tags"] == ["tag-4999"]


# As every page


def test_it_answers_as_pages_do(team, other_team, alice, bob, charlie, browse):
    option = add(team, "tag", "a", is_typed_in=True)
    theirs = add(other_team, "tag", "a", is_typed_in=True)
    browser = browse(alice)
    for name, verbs in (
        ("picker_add", "PUT PATCH DELETE"),
        ("picker_edit", "PUT PATCH DELETE"),
        ("picker_replace", "PUT PATCH DELETE"),
        ("picker_remove", "GET PUT PATCH DELETE"),
    ):
        args = [] if name == "picker_add" else [option.public_id]
        rejects(browser, verbs, name, *args)
        hands_everything_back(browse(None), name, *args)
        hides_other_teams(browse(charlie), "post", name, *args)
        assert browse(bob).post(name, *args).status_code == 403
        if args:
            assert browser.post(name, theirs.public_id).status_code == 404
        if name != "picker_remove":
            asks_to_sign_in(browse(None), name, *args)
            assert browser.get(name, *args).status_code == 200
            assert browse(bob).get(name, *args).status_code == 403
    assert stored(team) == {"a": "A"}
