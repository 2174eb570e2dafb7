"""The pages of an import, from the upload to its result file."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.delivery.imports import work_once
from leads.models import ImportMapping, ImportRow, LeadImport, Submission
from leads.services import imports
from leads.sheets import MAX_BYTES
from leads.states import Stage
from tests.factories import make_import, make_preset, make_ready_import, make_row, make_submission
from tests.picking import add

from . import questions
from .conftest import HTMX
from .page import parse

NAMES = ("First name", "Last name", "Email", "Tags")
ROWS = (
    ["Aoife", "Byrne", "aoife@example.com", ""],
    ["Brian", "Daly", "nobody", ""],
    ["Ciara", "Keane", "AOIFE@example.com", ""],
)


@pytest.fixture
def ready(team, bob) -> LeadImport:
    return make_ready_import(team, bob, *ROWS, headings=NAMES)


def upload(browser, content=b"Email\na@example.com\n", name="fair.csv", **more):
    file = SimpleUploadedFile(name, content) if content is not None else ""
    return browser.post("import_new", data={"file": file, "one_time_key": str(uuid4()), **more})


def test_it_keeps_a_file_and_reads_nothing_of_it(browse, bob, team):
    response = upload(browse(bob), b"\xff\xd8 not even a table")
    made = LeadImport.objects.get()
    assert (response.status_code, made.stage, made.created_by) == (303, Stage.READING, bob)
    assert response["Location"].endswith(f"/imports/{made.public_id}/")
    assert bytes(made.file.content) == b"\xff\xd8 not even a table" and not ImportRow.objects.exists()
    assert browse(bob).client.get(response["Location"]).status_code == 200


def test_it_takes_pasted_cells_to_the_end(browse, bob):
    upload(browse(bob), None, cells="Email\tCity\npaste@example.com\tCork\n")
    assert work_once()
    made = LeadImport.objects.get()
    assert (made.stage, made.columns, made.name) == (Stage.MAPPING, ["email", "city"], "Pasted cells")


def test_it_is_one_import_when_the_form_is_sent_twice(browse, bob):
    key = str(uuid4())
    places = {upload(browse(bob), one_time_key=key)["Location"] for _ in range(2)}
    assert len(places) == 1 and LeadImport.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "more", "says"),
    [
        (None, {}, "Choose a file, or paste the cells"),
        (b"", {}, "The file is empty"),
        (b"x" * (MAX_BYTES + 1), {}, "larger than 10 MiB"),
        (b"Email\n", {"cells": "Email\nb@example.com"}, "not both"),
    ],
    ids=["nothing", "empty", "too large", "both"],
)
def test_it_says_what_is_wrong_with_an_upload(browse, bob, content, more, says):
    response = upload(browse(bob), content, **more)
    assert response.status_code == 422 and says in response.content.decode()
    assert not LeadImport.objects.exists()


def test_it_shows_every_stage(browse, bob, team):
    made = make_import(team, bob, "Email,Surname\na@example.com,Byrne\n")
    page = browse(bob)
    seen = [parse(page.get("import_detail", made.public_id)).one("article").attrs["data-stage"]]
    work_once()
    seen.append(parse(page.get("import_detail", made.public_id)).one("article").attrs["data-stage"])
    page.post("import_mapping", made.public_id, data={"column.0": "email", "column.1": "last_name", "seen": "0"})
    seen.append(parse(page.get("import_detail", made.public_id)).one("article").attrs["data-stage"])
    work_once()
    seen.append(parse(page.get("import_detail", made.public_id)).one("article").attrs["data-stage"])
    for deed in ("start", "pause", "resume", "cancel"):
        assert page.post("import_act", made.public_id, deed, data={"duplicates": "skip"}).status_code == 303, deed
        seen.append(parse(page.get("import_detail", made.public_id)).one("article").attrs["data-stage"])
    assert seen == ["reading", "mapping", "checking", "ready", "running", "paused", "running", "cancelled"]


def test_it_polls_only_while_the_worker_is_at_work(browse, bob, team, ready):
    page = browse(bob)
    assert "hx-trigger" not in parse(page.get("import_detail", ready.public_id)).one("article").attrs
    page.post("import_act", ready.public_id, "start", data={"duplicates": "skip"})
    article = parse(page.get("import_detail", ready.public_id)).one("article")
    assert article.attrs["hx-trigger"] == "every 1s"
    seen = article.attrs["hx-get"].partition("?")[2]
    same = page.get("import_detail", ready.public_id, query=f"?{seen}", headers=HTMX)
    assert same.status_code == 204


def test_it_says_that_it_goes_on_by_itself_only_while_it_does(browse, bob, ready):
    page = browse(bob)
    page.post("import_act", ready.public_id, "start", data={"duplicates": "skip"})
    assert "it goes on by itself" in page.get("import_detail", ready.public_id).content.decode()
    page.post("import_act", ready.public_id, "pause")
    assert "it goes on by itself" not in page.get("import_detail", ready.public_id).content.decode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"column.0": "email", "column.2": "email"}, "“First name” is “Email” already"),
        ({"column.0": "full_name", "column.1": "last_name"}, "is “Full name (taken apart)” already"),
        ({"column.0": "email", "constant_field.0": "city"}, "Say what it says"),
        ({"column.0": "email", "constant_text.0": "Cork"}, "Say which field this is"),
        ({"column.0": "email", "constant_field.0": "email", "constant_text.0": "a@b.ie"}, "“First name” is “Email”"),
        ({"column.2": "email", "constant_field.0": "website_url", "constant_text.0": "no site"}, "not a web address"),
        ({"column.2": "no such field"}, "Select a valid choice"),
        ({}, "Say of at least one column"),
        ({"column.2": "email", "seen": "77"}, "Somebody else changed the mapping"),
    ],
)
def test_it_refuses_a_mapping_that_cannot_be_meant(browse, bob, ready, data, says):
    response = browse(bob).post("import_mapping", ready.public_id, data=data)
    assert response.status_code == 422
    assert says in response.content.decode()
    ready.refresh_from_db()
    assert ready.stage == Stage.READY


def test_it_keeps_a_mapping_for_the_next_file(browse, bob, team, ready):
    data = {"column.0": "company", "column.2": "email", "constant_field.0": "city", "constant_text.0": "Cork"}
    browse(bob).post("import_mapping", ready.public_id, data={**data, "name": "Fair"})
    kept = ImportMapping.objects.get()
    assert kept.fields == {"first name": "company", "last name": "", "email": "email", "tags": ""}
    following = make_import(team, bob, "FIRST_NAME;e-mail;Email\nExample Ltd;;a@example.com\n")
    ready.refresh_from_db()
    while work_once():
        pass
    following.refresh_from_db()
    assert following.columns == ["company", "", "email"]
    assert following.constants == {"city": "Cork"}


def test_it_puts_a_cell_right_in_its_place(browse, bob, ready):
    row = ready.rows.get(number=3)
    page = browse(bob)
    wrong = page.post("import_row", ready.public_id, row.public_id, data={"column": 2, "text": "still"}, headers=HTMX)
    assert "This is not an email address" in wrong.content.decode() and 'value="still"' in wrong.content.decode()
    right = page.post("import_row", ready.public_id, row.public_id, data={"column": 2, "text": "b@x.ie"}, headers=HTMX)
    assert "Valid now" in right.content.decode() and right["HX-Trigger"] == "importChanged"
    numbers = page.get("import_detail", ready.public_id, query="?part=numbers", headers=HTMX)
    assert parse(numbers).one("section", id="import-numbers")
    row.refresh_from_db()
    assert (row.fixes, row.values["email"], row.fate) == ({"2": "b@x.ie"}, "b@x.ie", "waiting")
    without_script = page.post("import_row", ready.public_id, row.public_id, data={"column": 2, "text": "nobody"})
    assert without_script.status_code == 303 and without_script["Location"].endswith(f"#row-{row.public_id}")
    row.refresh_from_db()
    assert (row.fixes, row.fate) == ({}, "invalid")


def test_it_tells_the_same_apart_again_when_a_cell_is_put_right(browse, bob, ready):
    """The first of two same rows becomes another lead, so the second is none any more; then both are again."""
    first, second = ready.rows.get(number=2), ready.rows.get(number=4)
    page = browse(bob)
    assert second.twin_number == 2
    for text, twin in (("other@example.com", None), ("aoife@example.com", 2)):
        page.post("import_row", ready.public_id, first.public_id, data={"column": 2, "text": text})
        second.refresh_from_db()
        assert second.twin_number == twin


def test_it_shows_the_very_json_of_a_row(browse, bob, ready):
    row = ready.rows.get(number=2)
    text = parse(browse(bob).get("import_row", ready.public_id, row.public_id)).one("pre").text
    assert '"email": "aoife@example.com"' in text and '"first_name": "Aoife"' in text


def test_it_asks_what_a_name_means_that_nobody_knows(browse, bob, team):
    add(team, "tag", "hot", is_typed_in=True)
    made = make_ready_import(team, bob, ["a@example.com", "Hot; Warmish"], ["b@example.com", "warmish"],
                             headings=("Email", "Tags"))  # fmt: skip
    page = browse(bob)
    assert made.unmatched == {"tags": {"Warmish": 1, "warmish": 1}}
    shown = page.get("import_detail", made.public_id).content.decode()
    assert "“Warmish” in Tags" in shown
    response = page.post("import_match", made.public_id, data={"name.0": "hot", "name.1": "-"})
    assert response.status_code == 303
    work_once()
    made.refresh_from_db()
    assert made.stage == Stage.READY and made.choices["tags"].keys() == {"warmish"}
    assert made.rows.get(number=2).values["tags"] == ["hot"]


def test_it_notices_the_same_file_and_wants_to_hear_that_it_is_meant(browse, bob, team):
    first = make_import(team, bob, "Email\na@example.com\n")
    work_once()
    second = make_import(team, bob, "Email\na@example.com\n")
    assert second.earlier == first
    work_once()
    page = browse(bob)
    assert first.reference in page.get("import_detail", second.public_id).content.decode()
    page.post("import_mapping", second.public_id, data={"column.0": "email"})
    work_once()
    refused = page.post("import_act", second.public_id, "start", data={"duplicates": "skip"})
    assert refused.status_code == 422 and "uploaded before" in refused.content.decode()
    taken = page.post("import_act", second.public_id, "start", data={"duplicates": "skip", "again": "on"})
    assert taken.status_code == 303


def test_it_gives_a_file_of_what_became_of_each_row(browse, bob, team, ready):
    earlier = make_submission(team, bob, email="aoife@example.com")
    page = browse(bob)
    page.post("import_act", ready.public_id, "start", data={"duplicates": "skip"})
    while work_once():
        pass
    response = page.get("import_file", ready.public_id, "results", "csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert list(rows[0])[:4] == list(NAMES)
    assert [row["Portal state"] for row in rows] == ["Left out as a duplicate", "Not valid", "Left out as a duplicate"]
    assert rows[0]["Portal reason"].startswith(f"The same as the lead {earlier.reference}")
    assert rows[1]["Portal reason"] == "Email: This is not an email address. It looks like name@example.com."
    errors = b"".join(page.get("import_file", ready.public_id, "errors", "csv").streaming_content).decode()
    assert "nobody" in errors and "Email" in errors
    workbook = page.get("import_file", ready.public_id, "to-correct", "xlsx")
    assert b"".join(workbook.streaming_content)[:2] == b"PK"
    assert page.get("import_file", ready.public_id, "secrets", "csv").status_code == 404


def test_it_sends_the_values_of_a_preset_with_every_row(browse, bob, team):
    preset = make_preset(team, make_row("email"), make_row("city", "hidden", default="Cork"))
    upload(browse(bob), b"Email,City\na@example.com,Dublin\n", preset=str(preset.public_id))
    while work_once():
        pass
    made = LeadImport.objects.get()
    assert made.columns == ["email", ""]
    browse(bob).post("import_mapping", made.public_id, data={"column.0": "email"})
    work_once()
    assert made.rows.get().values["city"] == "Cork"


def test_it_takes_the_first_row_for_data_and_back(browse, bob, team):
    made = make_import(team, bob, "aoife@example.com,Cork\nbrian@example.com,Dublin\n")
    work_once()
    page = browse(bob)
    page.post("import_act", made.public_id, "headings", data={"first": "data"})
    made.refresh_from_db()
    assert (made.row_count, made.headings) == (2, ["Column A", "Column B"])
    assert [row.texts[1] for row in made.rows.order_by("position")] == ["Cork", "Dublin"]
    page.post("import_act", made.public_id, "headings", data={"first": "headings"})
    made.refresh_from_db()
    assert made.row_count == 1


def test_it_lets_a_reviewer_decide_on_all_at_once(browse, bob, carol, team):
    team.reviews = True
    team.save()
    made = make_ready_import(team, bob, *ROWS, headings=NAMES)
    browse(bob).post("import_act", made.public_id, "start", data={"duplicates": "create"})
    shown = browse(carol).get("import_detail", made.public_id).content.decode()
    assert (
        "Approve all 2" in shown
        and "Approve all" not in browse(bob).get("import_detail", made.public_id).content.decode()
    )
    without_reason = browse(carol).post("import_act", made.public_id, "send-back")
    assert without_reason.status_code == 422 and "Say why" in without_reason.content.decode()
    browse(carol).post("import_act", made.public_id, "send-back", data={"reason": "Which fair?"})
    assert "Which fair?" in browse(bob).get("import_detail", made.public_id).content.decode()
    browse(bob).post("import_act", made.public_id, "start", data={"duplicates": "create"})
    browse(carol).post("import_act", made.public_id, "approve")
    work_once()
    assert set(Submission.objects.values_list("state", "decided_by")) == {("queued", carol.pk)}


def test_it_narrows_the_review_queue_to_an_import(browse, bob, carol, team):
    team.reviews = True
    team.save()
    make_submission(team, bob, email="typed@example.com")
    made = make_ready_import(team, bob, *ROWS, headings=NAMES)
    browse(bob).post("import_act", made.public_id, "start", data={"duplicates": "skip"})
    browse(carol).post("import_act", made.public_id, "split")
    work_once()
    page = browse(carol).get("review_queue", query=f"?batch={made.public_id}").content.decode()
    assert "1 waiting" in page and "typed@example.com" not in page


def test_it_does_nothing_for_who_has_no_say(browse, bob, carol, charlie, alice, team, ready):
    assert browse(carol).post("import_act", ready.public_id, "start", data={"duplicates": "skip"}).status_code == 403
    assert browse(charlie).get("import_detail", ready.public_id).status_code == 404
    assert browse(charlie, where=team).get("import_rows", ready.public_id).status_code == 404
    assert browse(alice).post("import_act", ready.public_id, "cancel").status_code == 303


def test_it_asks_to_sign_in_and_answers_htmx(browse, bob, ready):
    questions.asks_to_sign_in(browse(None), "import_detail", ready.public_id)
    questions.gives_htmx_the_fragment(browse(bob), f"import-{ready.public_id}", "import_detail", ready.public_id)
    questions.gives_htmx_the_fragment(browse(bob), "imports", "import_list")
    questions.rejects(browse(bob), "PUT DELETE", "import_new")


def test_it_counts_every_row_once_whatever_happens(ready, team, bob):
    assert sum(imports.count(ready).values()) == ready.row_count == 3
