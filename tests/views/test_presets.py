from __future__ import annotations

import json
from uuid import uuid4

import pytest

from leads.models import AuditEntry, CustomAttribute, FormPreset, PickerOption
from leads.services import presets
from tests.factories import OPERATOR, make_preset, make_row

from . import questions
from .conftest import HTMX
from .page import errors_of, parse

ROWS = [make_row("email", "required"), make_row("city", "locked", default="Cork"), make_row("company")]


def editor(response):
    return parse(response).one("form", id="preset-form")


def saved(browser, view, *args, **changes):
    """What a browser sends for the editor with these changes."""
    return browser.post(view, *args, data=editor(browser.get(view, *args)).sends() | changes)


def test_it_makes_a_preset_and_offers_it(team, alice, bob, browse):
    response = saved(browse(alice), "preset_new", **{"name": "Fair", "use.city": "locked", "default.city": "Cork"})
    assert response.status_code == 303
    preset = FormPreset.objects.get()
    assert (preset.name, preset.created_by) == ("Fair", alice)
    assert make_row("city", "locked", default="Cork") in preset.rows
    entry = AuditEntry.objects.get(action="preset.created")
    assert (entry.actor_id, entry.subject_id) == (alice.public_id, preset.public_id)
    page = parse(browse(bob).get("submission_new"))
    assert [link.text.strip() for link in page.one(id="presets").all("a")] == ["Fair", "All fields"]


def test_it_says_what_to_do_when_there_are_none(alice, browse):
    page = parse(browse(alice).get("preset_list"))
    assert page.all("a", href=browse(alice).url("preset_new"))


def test_it_shows_the_link_and_a_qr_code_of_it(team, alice, browse):
    preset = make_preset(team)
    browser = browse(alice)
    page = parse(browser.get("preset_list"))
    link = page.one(id=f"link-{preset.public_id}").attrs["href"]
    assert link == f"http://testserver/t/brewers/submissions/new/?preset={preset.public_id}"
    assert page.all("img", src=browser.url("preset_qr", preset.public_id))
    picture = browser.get("preset_qr", preset.public_id, query="?save=1")
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture["Content-Disposition"].startswith("attachment")
    assert picture.content.startswith(b"<?xml") and b"<path" in picture.content and b"script" not in picture.content


def test_it_lists_what_does_not_work_any_more(team, alice, browse):
    tag = PickerOption.objects.create(
        team=team, environment=team.environment, kind="tag", external_id="hot", name="Hot", is_gone=True
    )
    preset = make_preset(team, *ROWS, make_row("tags", "hidden", default=[tag.external_id]))
    card = parse(browse(alice).get("preset_list")).one(id=f"preset-{preset.public_id}")
    text = " ".join(card.text.split())
    assert "Needs a change" in text and "Tags: “Hot” is not one of the options any more" in text
    assert "No lead can be sent with this preset until it is changed" in text


def test_it_changes_a_preset(team, alice, browse):
    preset = make_preset(team, *ROWS)
    browser = browse(alice)
    assert saved(browser, "preset_edit", preset.public_id).status_code == 303
    preset.refresh_from_db()
    assert (preset.version, preset.rows) == (1, ROWS)
    response = saved(browser, "preset_edit", preset.public_id, **{"use.company": "required", "help.company": "Ltd?"})
    assert response.status_code == 303
    preset.refresh_from_db()
    assert (preset.version, preset.rows[2]) == (2, make_row("company", "required", help="Ltd?"))
    assert AuditEntry.objects.get(action="preset.changed").details["fields"] == ["company"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_shows_the_second_of_two_admins_what_the_first_changed(team, alice, browse, headers):
    preset = make_preset(team, *ROWS)
    browser = browse(alice)
    form = editor(browser.get("preset_edit", preset.public_id)).sends()
    theirs = [ROWS[0], ROWS[1] | {"default": "Galway"}, make_row("phone")]
    presets.change_preset(preset=preset, name="Trade fair", rows=theirs, seen=1, actor=OPERATOR)
    mine = form | {"help.email": "Mine", "name": "My fair"}
    response = browser.post("preset_edit", preset.public_id, data=mine, headers=headers)
    assert response.status_code == 422
    told = " ".join(parse(response).one(id="meanwhile").text.split())
    assert "An operator changed this preset" in told and "Galway" not in told
    assert all(label in told for label in ("City", "Company", "Phone"))
    assert FormPreset.objects.get().rows == theirs
    again = editor(response).sends()
    assert (again["help.email"], again["name"]) == (["Mine"], ["My fair"])
    assert browser.post("preset_edit", preset.public_id, data=again).status_code == 303
    preset.refresh_from_db()
    assert (preset.name, preset.rows[0]["help"], preset.rows[2]["name"], preset.version) == (
        "My fair",
        "Mine",
        "company",
        3,
    )


def test_it_keeps_an_edit_of_a_preset_that_was_removed_meanwhile(team, alice, browse):
    preset = make_preset(team, *ROWS)
    browser = browse(alice)
    form = editor(browser.get("preset_edit", preset.public_id)).sends() | {"help.email": "Mine"}
    presets.remove_preset(preset=preset, actor=OPERATOR)
    response = browser.post("preset_edit", preset.public_id, data=form)
    assert response.status_code == 422
    again = editor(response)
    assert again.attrs["action"] == browser.url("preset_new")
    assert browser.client.post(again.attrs["action"], again.sends()).status_code == 303
    assert FormPreset.objects.in_use().get().rows[0]["help"] == "Mine"
    assert browser.get("preset_edit", preset.public_id)["Location"] == browser.url("preset_list")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_keeps_everything_typed_beside_a_mistake(team, alice, browse, headers):
    browser = browse(alice)
    form = editor(browser.get("preset_new")).sends()
    typed = {"name": "", "use.phone": "hidden", "default.phone": "01 2", "help.email": "Which?", "default.city": "Cork"}
    response = browser.post("preset_new", data=form | typed, headers=headers)
    assert response.status_code == 422
    again = editor(response).sends()
    assert {name: again[name] for name in typed} == {name: [text] for name, text in typed.items()}
    assert "Begin with +" in errors_of(response)["default.phone"]
    assert "Give the preset a name" in errors_of(response)["name"]
    assert not FormPreset.objects.exists()


@pytest.mark.parametrize("name", ["Trade fair", "TRADE  FAIR", "x" * 101, " "])
def test_it_refuses_a_name_that_is_none_or_taken(team, alice, browse, name):
    make_preset(team)
    response = saved(browse(alice), "preset_new", name=name)
    assert response.status_code == 422
    assert errors_of(response)["name"]
    assert FormPreset.objects.count() == 1


def test_it_refuses_a_preset_with_which_no_lead_could_be_entered(alice, browse):
    named = ("first_name", "last_name", "email", "phone", "company", "linkedin_url")
    response = saved(browse(alice), "preset_new", name="Fair", **{f"use.{name}": "out" for name in named})
    assert response.status_code == 422
    assert "No lead could be entered" in parse(response).one(id="error-summary").text


@pytest.fixture
def with_gone(team):
    """A preset with a row of an attribute that Breakcold has no more."""
    CustomAttribute.objects.create(
        team=team, environment=team.environment, external_id="src", name="Source", kind="TEXT", is_gone=True
    )
    gone = make_row("attributes.src", "hidden", default="Fair", kind="TEXT")
    return make_preset(team, make_row("email"), gone, make_row("company"))


def test_it_keeps_a_row_of_an_attribute_that_is_gone_and_names_it(with_gone, alice, browse):
    rows = with_gone.rows
    browser = browse(alice)
    page = browser.get("preset_edit", with_gone.public_id)
    note = parse(page).one(id="gone-rows").text
    assert "Source" in note and "No lead can be sent with this preset while it is kept." in note
    moved = browser.post("preset_edit", with_gone.public_id, data=editor(page).sends() | {"move": "up:company"})
    moved = browser.post("preset_edit", with_gone.public_id, data=editor(moved).sends() | {"move": "down:company"})
    assert "Source" in parse(moved).one(id="gone-rows").text
    sent = editor(moved).sends() | {"name": "Renamed"}
    assert browser.post("preset_edit", with_gone.public_id, data=sent).status_code == 303
    with_gone.refresh_from_db()
    assert (with_gone.name, with_gone.rows) == ("Renamed", rows)


def test_it_leaves_a_row_out_that_is_gone_when_somebody_says_so(with_gone, alice, browse):
    rows = with_gone.rows
    wrong = saved(browse(alice), "preset_edit", with_gone.public_id, **{"use.attributes.src": "nonsense"})
    assert wrong.status_code == 422
    assert "Source" in parse(wrong).one(id="error-summary").text
    response = saved(browse(alice), "preset_edit", with_gone.public_id, **{"use.attributes.src": "out"})
    assert response.status_code == 303
    with_gone.refresh_from_db()
    assert with_gone.rows == [rows[0], rows[2]]
    assert not parse(browse(alice).get("preset_edit", with_gone.public_id)).all(id="gone-rows")


def test_it_previews_the_real_form_without_saving_or_sending(team, alice, browse):
    response = saved(
        browse(alice), "preset_new", **{"name": "Fair", "use.city": "locked", "default.city": "Cork", "preview": "yes"}
    )
    assert response.status_code == 200
    page = parse(response)
    preview = page.one(id="preview")
    assert page.one("section", id="preview").all("form") == []
    assert preview.one("div", inert="").one(id="field-city").text.split()[:2] == ["City", "Cork"]
    assert "autofocus" not in response.content.decode()
    assert editor(response).sends()["default.city"] == ["Cork"]
    assert not FormPreset.objects.exists() and not AuditEntry.objects.filter(action__startswith="preset").exists()


def test_it_moves_fields_without_script_and_without_checking(team, alice, browse):
    browser = browse(alice)
    form = editor(browser.get("preset_new")).sends()
    moved = browser.post("preset_new", data=form | {"move": "up:email", "default.phone": "nope", "name": ""})
    assert moved.status_code == 200
    assert errors_of(moved) == {}
    again = editor(moved).sends()
    order = json.loads(again["order"][0])
    assert order.index("email") == order.index("last_name") - 1
    assert again["default.phone"] == ["nope"]
    assert browser.post("preset_new", data=again | {"name": "Fair", "default.phone": ""}).status_code == 303
    assert [row["name"] for row in FormPreset.objects.get().rows] == order


@pytest.mark.parametrize("garbage", ["", "up:", "down:nonsense", "sideways:email", "\0", "x" * 5000])
def test_it_survives_a_move_that_is_garbage(alice, browse, garbage):
    form = editor(browse(alice).get("preset_new")).sends()
    assert browse(alice).post("preset_new", data=form | {"move": garbage}).status_code == 200


@pytest.mark.parametrize("version", ["", "x", "-1", "٣", "9" * 5000, "0"])
def test_it_takes_a_version_that_is_garbage_for_an_old_one(team, alice, browse, version):
    preset = make_preset(team, *ROWS)
    response = saved(browse(alice), "preset_edit", preset.public_id, version=version, seen=version, name="Other")
    assert response.status_code == 422
    assert FormPreset.objects.get().name == "Trade fair"


@pytest.mark.parametrize(
    ("deed", "action"),
    [("copy", "preset.created"), ("make-default", "preset.made_default"), ("remove", "preset.removed")],
)
def test_it_does_what_the_button_says(team, alice, browse, deed, action):
    preset = make_preset(team, *ROWS)
    browser = browse(alice)
    response = browser.post("preset_act", preset.public_id, deed)
    assert (response.status_code, response["Location"]) == (303, browser.url("preset_list"))
    assert AuditEntry.objects.last().action == action
    assert "Trade fair" in parse(browser.get("preset_list")).one(id="notices").text
    assert preset.name in browser.get("audit_list").content.decode()


def test_it_drops_the_default(team, alice, browse):
    preset = make_preset(team, is_default=True)
    browse(alice).post("preset_act", preset.public_id, "drop-default")
    assert not FormPreset.objects.filter(is_default=True).exists()


def test_it_says_when_it_was_removed_meanwhile(team, alice, browse):
    preset = make_preset(team)
    presets.remove_preset(preset=preset, actor=OPERATOR)
    browser = browse(alice)
    before = AuditEntry.objects.count()
    assert browser.post("preset_act", preset.public_id, "make-default").status_code == 303
    assert "removed meanwhile" in parse(browser.get("preset_list")).one(id="notices").text
    assert AuditEntry.objects.count() == before


def test_it_knows_no_other_deed(team, alice, browse):
    assert browse(alice).post("preset_act", make_preset(team).public_id, "explode").status_code == 404


PAGES = [("preset_list", False), ("preset_new", False), ("preset_edit", True), ("preset_qr", True)]


@pytest.mark.parametrize(("name", "has_preset"), PAGES)
def test_it_asks_who_is_there(team, other_team, alice, bob, carol, charlie, browse, name, has_preset):
    args = [make_preset(team).public_id] if has_preset else []
    questions.asks_to_sign_in(browse(None), name, *args)
    questions.hides_other_teams(browse(charlie), "get", name, *args)
    questions.answers_head(browse(alice), name, *args)
    for user in (bob, carol):
        assert browse(user).get(name, *args).status_code == 403
    if has_preset:
        assert browse(charlie, other_team).get(name, *args).status_code == 404
        assert browse(alice).get(name, uuid4()).status_code == 404


@pytest.mark.parametrize(("name", "has_preset"), [("preset_new", False), ("preset_edit", True)])
def test_it_lets_only_admins_change_one(team, other_team, bob, carol, charlie, browse, name, has_preset):
    preset = make_preset(team)
    args = [preset.public_id] if has_preset else []
    questions.hands_everything_back(browse(None), name, *args)
    questions.tells_htmx_among_the_notices(browse(None), "post", name, *args)
    questions.hides_other_teams(browse(charlie), "post", name, *args)
    for user in (bob, carol):
        assert browse(user).post(name, *args, data={"name": "Mine", "use.email": "shown"}).status_code == 403
    if has_preset:
        assert browse(charlie, other_team).post(name, *args, data={"name": "Mine"}).status_code == 404
    assert list(FormPreset.objects.values_list("name", flat=True)) == ["Trade fair"]


@pytest.mark.parametrize(
    ("name", "root"),
    [("preset_list", "preset-list"), ("preset_new", "preset-editor"), ("preset_edit", "preset-editor")],
)
def test_it_gives_htmx_the_fragment(team, alice, browse, name, root):
    args = [make_preset(team, *ROWS).public_id] if name == "preset_edit" else []
    questions.gives_htmx_the_fragment(browse(alice), root, name, *args)
