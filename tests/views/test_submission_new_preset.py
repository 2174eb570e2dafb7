"""The entry form in the shape of a preset."""

from __future__ import annotations

from uuid import uuid4

import pytest

from leads.models import CustomAttribute, PickerOption, Submission
from leads.services import presets
from leads.states import State
from tests.factories import OPERATOR, make_preset, make_row

from .conftest import HTMX
from .page import errors_of, lead_form, parse

VIEW = "submission_new"
ROWS = [
    make_row("company", "required"),
    make_row("email"),
    make_row("city", "locked", default="Cork"),
    make_row("icebreaker", "hidden", default="We met at the fair."),
]


def send(browser, query="", headers=None, **changes):
    """Fill in the form at that address and send it as a browser would."""
    form = lead_form(browser.get(VIEW, query=query)).sends()
    return browser.post(VIEW, data=form | changes, headers=headers or {})


def shown(response):
    names = [element.attrs.get("id", "") for element in lead_form(response).all("div")]
    return [name.removeprefix("field-") for name in names if name.startswith("field-")]


def asking(preset):
    return f"?preset={preset.public_id}"


def test_it_enters_a_lead_with_what_the_preset_fixes(team, bob, browse):
    preset = make_preset(team, *ROWS)
    browser = browse(bob)
    assert shown(browser.get(VIEW, query=asking(preset))) == ["company", "email", "city"]
    response = send(browser, asking(preset), company="Acme", email="a@example.com")
    assert response.status_code == 303
    lead = Submission.objects.get()
    assert lead.preset == preset
    assert lead.values | {"city": "Cork", "icebreaker": "We met at the fair.", "company": "Acme"} == lead.values
    assert "entered with “Trade fair”" in browser.client.get(response["Location"]).content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])
def test_it_names_what_was_typed_when_the_preset_fixes_it_meanwhile(team, bob, browse, headers):
    preset = make_preset(team, make_row("email"), make_row("company"))
    browser = browse(bob)
    typed = lead_form(browser.get(VIEW, query=asking(preset))).sends()
    typed |= {"email": "a@example.com", "company": "Foo Ltd"}
    rows = [make_row("email"), make_row("company", "locked", default="Acme")]
    presets.change_preset(preset=preset, name=preset.name, rows=rows, actor=OPERATOR)
    response = browser.post(VIEW, data=typed, headers=headers)
    assert (response.status_code, Submission.objects.count()) == (422, 0)
    said = "“Trade fair” sets “Company” to “Acme”. It said “Foo Ltd”. Send again without it."
    assert said in parse(response).one(id="error-summary").text
    assert browser.post(VIEW, data=lead_form(response).sends()).status_code == 303
    assert Submission.objects.get().values["company"] == "Acme"


def test_it_takes_a_page_of_before_there_was_a_preset_for_all_fields(team, bob, browse):
    browser = browse(bob)
    typed = lead_form(browser.get(VIEW)).sends() | {"email": "a@example.com", "company": "Foo Ltd", "city": "Rome"}
    make_preset(team, make_row("email"), make_row("company", "hidden", default="Acme"), is_default=True)
    assert browser.post(VIEW, data=typed).status_code == 303
    lead = Submission.objects.get()
    assert (lead.preset, lead.values["company"], lead.values["city"]) == (None, "Foo Ltd", "Rome")


def test_it_begins_with_the_team_s_default_unless_another_is_chosen(team, bob, browse):
    default, other = make_preset(team, *ROWS, is_default=True), make_preset(team, name="Other")
    browser = browse(bob)
    assert shown(browser.get(VIEW)) == ["company", "email", "city"]
    assert shown(browser.get(VIEW, query=asking(other))) == ["email"]
    assert len(shown(browser.get(VIEW, query="?preset=all"))) > 30
    page = parse(browser.get(VIEW)).one(id="presets")
    assert [link.text.strip() for link in page.all("a", aria_current="page")] == [default.name]


def test_it_records_no_preset_for_all_fields(team, bob, browse):
    make_preset(team, *ROWS, is_default=True)
    assert send(browse(bob), "?preset=all", email="a@example.com", city="Rome").status_code == 303
    lead = Submission.objects.get()
    assert (lead.preset, lead.values["city"]) == (None, "Rome")


@pytest.mark.parametrize("wanted", ["nonsense", "00000000-0000-4000-8000-000000000000", "\0", "x" * 5000, "ALL"])
def test_it_says_when_there_is_no_such_preset(team, bob, browse, wanted):
    make_preset(team, *ROWS, is_default=True)
    response = browse(bob).get(VIEW, query=f"?preset={wanted}".replace("\0", "%00"))
    assert shown(response) == ["company", "email", "city"]
    assert (
        "There is no such preset any more. This is “Trade fair” instead." in parse(response).one(id="preset-notes").text
    )


def test_it_knows_no_preset_of_another_team(team, other_team, bob, browse):
    theirs = make_preset(other_team, *ROWS)
    response = browse(bob).get(VIEW, query=asking(theirs))
    assert "no such preset" in parse(response).one(id="preset-notes").text
    assert "Trade fair" not in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_loses_nothing_when_the_preset_is_removed_meanwhile(team, bob, browse, headers):
    preset = make_preset(team, *ROWS)
    make_preset(team, name="Other")
    browser = browse(bob)
    form = lead_form(browser.get(VIEW, query=asking(preset))).sends() | {"company": "Acme", "email": "a@example.com"}
    presets.remove_preset(preset=preset, actor=OPERATOR)
    response = browser.post(VIEW, data=form, headers=headers)
    assert response.status_code == 422
    assert "was removed meanwhile" in parse(response).one(id="error-summary").text
    again = lead_form(response).sends()
    assert (again["company"], again["email"], again["preset"]) == (["Acme"], ["a@example.com"], ["all"])
    assert browser.post(VIEW, data=again).status_code == 303
    assert Submission.objects.get().preset is None


def test_it_keeps_the_preset_through_a_mistake_and_to_the_next_lead(team, bob, browse):
    preset = make_preset(team, *ROWS)
    browser = browse(bob)
    response = send(browser, asking(preset), email="nope", then="another")
    assert response.status_code == 422
    assert set(errors_of(response)) == {"company", "email"}
    assert "“Trade fair” asks for it" in errors_of(response)["company"]
    form = lead_form(response).sends() | {"company": "Acme & Co", "email": "a@example.com", "then": "another"}
    response = browser.post(VIEW, data=form)
    assert response.status_code == 303
    page = browser.client.get(response["Location"])
    assert shown(page) == ["company", "email", "city"]
    assert lead_form(page).sends()["company"] == ["Acme & Co"]


def test_it_checks_a_field_as_the_preset_wants_it(team, bob, browse):
    preset = make_preset(team, *ROWS)
    browser = browse(bob)
    box = lead_form(browser.get(VIEW, query=asking(preset))).one("input", name="company")
    assert str(preset.public_id) in box.attrs["hx-post"]
    response = browser.client.post(box.attrs["hx-post"], {"company": " "}, headers=HTMX)
    assert "“Trade fair” asks for it" in response.content.decode()
    assert browser.client.post(box.attrs["hx-post"].replace("company", "phone"), {}).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_names_what_came_for_a_field_the_preset_does_not_have(team, bob, browse, headers):
    preset = make_preset(team, *ROWS)
    response = send(browse(bob), asking(preset), headers=headers, company="Acme", phone="+353 1 234 5678")
    assert response.status_code == 422
    told = parse(response).one(id="error-summary").text
    assert "“Phone” is not part of “Trade fair”" in told and "+353 1 234 5678" in told
    assert not Submission.objects.exists()


def test_it_says_that_an_admin_has_to_change_a_preset_that_does_not_work(team, bob, browse):
    tag = PickerOption.objects.create(
        team=team, environment=team.environment, kind="tag", external_id="hot", name="Hot"
    )
    lost = make_preset(team, *ROWS, make_row("tags", default=["hot"]))
    fixed = make_preset(team, *ROWS, make_row("tags", "hidden", default=["hot"]), name="Fixed")
    tag.is_gone = True
    tag.save()
    browser = browse(bob)
    page = browser.get(VIEW, query=asking(lost))
    assert "“Tags”: what the preset fills in does not work any more" in parse(page).one(id="preset-notes").text
    assert send(browser, asking(lost), company="Acme").status_code == 303
    assert "tags" not in Submission.objects.get().values
    page = browser.get(VIEW, query=asking(fixed))
    assert "An admin of your team has to change the preset" in parse(page).one(id="preset-notes").text
    response = send(browser, asking(fixed), company="Acme")
    assert response.status_code == 422
    assert "The preset “Fixed” fills in “Tags”" in parse(response).one(id="error-summary").text
    assert Submission.objects.count() == 1


def test_it_is_filled_in_from_its_address(team, bob, browse, options):
    size = CustomAttribute.objects.get(name="Number of sites")
    tags = list(PickerOption.objects.filter(kind="tag").values_list("external_id", flat=True)[:2])
    name = f"attributes.{size.external_id}"
    preset = make_preset(team, *ROWS, make_row("tags"), make_row(name), make_row("is_company"))
    query = (
        f"&company=Acme+%26+Co&city=Rome&phone=1&icebreaker=x&is_company=true&tags={tags[0]}&tags={tags[1]}&{name}=12"
    )
    sent = lead_form(browse(bob).get(VIEW, query=asking(preset) + query)).sends()
    assert (sent["company"], sent["is_company"], sent[name]) == (["Acme & Co"], ["true"], ["12"])
    assert sorted(sent["tags"]) == sorted(tags)
    assert not {"city", "phone", "icebreaker"} & set(sent)
    assert browse(bob).post(VIEW, data=sent).status_code == 303
    assert Submission.objects.get().values["city"] == "Cork"


def test_it_is_filled_in_from_its_address_without_a_preset(bob, browse, options):
    sent = lead_form(browse(bob).get(VIEW, query="?email=nope&is_draft=true&contract_currency=EUR")).sends()
    assert (sent["email"], sent["is_draft"][-1], sent["contract_currency"]) == (["nope"], "true", ["EUR"])
    assert "not an email address" in errors_of(browse(bob).post(VIEW, data=sent))["email"]


@pytest.mark.parametrize(
    "query",
    ["?company=" + "x" * 9000, "?company=%00%FF&tags=&tags=%00", "?email=" + "&email=".join(["a"] * 500), "?%00=1"],
)
def test_it_survives_an_address_that_is_garbage(team, bob, browse, query):
    response = browse(bob).get(VIEW, query=query)
    assert response.status_code == 200
    assert "x" * 5001 not in response.content.decode()


# A lead that exists


@pytest.fixture
def entered(team, bob, browse):
    """A lead of Bob's entered with a preset, and a draft now."""
    preset = make_preset(team, *ROWS)
    send(browse(bob), asking(preset), company="Acme", email="a@example.com")
    Submission.objects.update(state=State.DRAFT)
    return Submission.objects.get()


def edit(browser, lead):
    return browser.get("submission_edit", lead.public_id)


def test_it_edits_a_lead_in_the_shape_it_was_entered_in(entered, bob, browse):
    browser = browse(bob)
    response = edit(browser, entered)
    assert shown(response) == ["company", "email", "city"]
    form = lead_form(response).sends() | {"email": "b@example.com"}
    assert browser.post("submission_edit", entered.public_id, data=form | {"city": "Rome"}).status_code == 422
    assert browser.post("submission_edit", entered.public_id, data=form).status_code == 303
    entered.refresh_from_db()
    assert (entered.values["email"], entered.values["city"]) == ("b@example.com", "Cork")


def test_it_leaves_empty_what_was_emptied(team, bob, browse, options):
    note = CustomAttribute.objects.filter(kind="TEXT").first()
    name = f"attributes.{note.external_id}"
    filled_in = [make_row("company", default="Fair Ltd"), make_row(name, default="Hall 5", kind="TEXT")]
    preset = make_preset(team, make_row("email"), *filled_in)
    assert send(browse(bob), asking(preset), email="a@example.com", **{"company": "", name: ""}).status_code == 303
    Submission.objects.update(state=State.DRAFT)
    lead = Submission.objects.get()
    sent = lead_form(edit(browse(bob), lead)).sends()
    assert (sent["company"], sent[name]) == ([""], [""])
    assert browse(bob).post("submission_edit", lead.public_id, data=sent).status_code == 303
    lead.refresh_from_db()
    assert not {"company", "attributes"} & lead.values.keys()


def test_it_shows_what_the_lead_says_besides_and_what_the_preset_changes(entered, bob, browse):
    values = entered.values | {"phone": "+35312345678", "city": "Rome", "is_draft": True}
    Submission.objects.update(values=values)
    browser = browse(bob)
    response = edit(browser, entered)
    assert shown(response) == ["company", "email", "city", "phone", "is_draft"]
    assert "“City” said “Rome”. The preset sets it now." in parse(response).one(id="preset-notes").text
    form = lead_form(response).sends()
    assert browser.post("submission_edit", entered.public_id, data=form).status_code == 303
    entered.refresh_from_db()
    assert entered.values == values | {"city": "Cork"}


def test_it_edits_a_lead_with_all_fields_once_its_preset_is_removed(entered, bob, browse):
    presets.remove_preset(preset=entered.preset, actor=OPERATOR)
    response = edit(browse(bob), entered)
    assert len(shown(response)) > 30
    assert lead_form(response).sends()["icebreaker"] == ["We met at the fair."]


def test_it_checks_a_field_of_a_lead_that_exists(entered, bob, charlie, other_team, browse):
    box = lead_form(edit(browse(bob), entered)).one("input", name="company")
    assert "asks for it" in browse(bob).client.post(box.attrs["hx-post"], {"company": ""}).content.decode()
    stranger = box.attrs["hx-post"].replace("/brewers/", "/strangers/")
    assert browse(charlie, other_team).client.post(stranger, {"company": ""}).status_code == 404
    for lead in ("nonsense", "", str(uuid4())):
        url = box.attrs["hx-post"].replace(str(entered.public_id), lead)
        assert browse(bob).client.post(url, {"company": ""}).status_code == 404
