from __future__ import annotations

import io
import zipfile

import pytest

from leads.audit import Action
from leads.models import AuditEntry, Submission
from leads.sheets import from_text, read
from leads.states import State
from leads.views import exports
from tests.factories import make_submission

from . import questions
from .page import parse


def sheet_of(response):
    return from_text(b"".join(response.streaming_content).decode())


def emails(response):
    sheet = sheet_of(response)
    place = sheet.headings.index("Email")
    return [row[place] for row in sheet.rows]


@pytest.fixture
def leads(team, bob, carol):
    return [make_submission(team, bob, email="b@example.com"), make_submission(team, carol, email="c@example.com")]


def test_it_takes_out_all_leads_for_who_reviews(leads, carol, alice, browse):
    for person in (carol, alice):
        response = browse(person).post("export_leads", data={"format": "csv"})
        assert response.status_code == 200
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].startswith('attachment; filename="brewers-leads-')
        assert response["Cache-Control"] == "no-store"
        assert emails(response) == ["c@example.com", "b@example.com"]


def test_it_takes_out_a_member_s_own_leads(team, leads, bob, browse):
    assert emails(browse(bob).post("export_leads")) == ["b@example.com"]
    entry = AuditEntry.objects.filter(team=team).latest("sequence")
    assert (entry.action, entry.details["filters"]) == (Action.EXPORT_MADE, ["own"])


def test_it_honours_the_list_s_filter(team, leads, carol, browse):
    Submission.objects.filter(pk=leads[0].pk).update(state=State.CANCELLED)
    url = browse(carol).url("export_leads")
    found = browse(carol).client.post(f"{url}?state=cancelled&q=b%40example.com&page=7", {"format": "csv"})
    assert emails(found) == ["b@example.com"]
    entry = AuditEntry.objects.filter(team=team).latest("sequence")
    assert entry.details["filters"] == ["state cancelled", "a search"]
    assert "example.com" not in str(entry.details)


def test_it_takes_nothing_out_when_the_filter_cannot_be_read(team, leads, carol, alice, browse):
    before = AuditEntry.objects.count()
    for person, name, query in ((carol, "export_leads", "?state=lost"), (alice, "export_audit", "?day=never")):
        response = browse(person).client.post(browse(person).url(name) + query)
        assert response.status_code == 303 and response["Location"].endswith(query)
    assert AuditEntry.objects.count() == before


def test_it_makes_a_workbook_of_plain_text(leads, carol, browse, tmp_path):
    make_submission(leads[0].team, carol, company="=1+1", email="x@example.com")
    response = browse(carol).post("export_leads", data={"format": "xlsx"})
    content = b"".join(response.streaming_content)
    xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml and "=1+1" in xml
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    assert len(read(path, name="x.xlsx").rows) == 3


def test_it_says_when_there_is_too_much_for_a_workbook(leads, carol, browse, monkeypatch):
    monkeypatch.setattr(exports, "MAX_XLSX_ROWS", 1)
    response = browse(carol).post("export_leads", data={"format": "xlsx"}, follow=True)
    assert "at most 1 rows" in parse(response).text
    assert emails(browse(carol).post("export_leads")) == ["c@example.com", "b@example.com"]


def test_it_says_when_it_is_more_than_a_day_allows(leads, carol, browse, settings):
    settings.PORTAL_EXPORT_LEADS_PER_DAY = 2
    browser = browse(carol)
    assert len(emails(browser.post("export_leads"))) == 2
    url = browser.url("export_leads") + "?q=example"
    answer = browser.client.post(url)
    assert answer["Location"].endswith("?q=example")
    assert "one person may take out 2 leads in 24 hours" in parse(browser.client.get(answer["Location"])).text


def test_it_takes_the_log_out_for_admins_alone(team, leads, alice, bob, carol, browse):
    for person in (bob, carol):
        assert browse(person).post("export_audit").status_code == 403
    url = browse(alice).url("export_audit")
    found = browse(alice).client.post(f"{url}?action=submission.queued&actor={bob.public_id}")
    assert [row[2] for row in sheet_of(found).rows] == ["submission.queued"]
    assert AuditEntry.objects.filter(team=team).latest("sequence").details["filters"] == [
        "action submission.queued",
        f"actor {bob.public_id}",
    ]


def test_the_pages_offer_what_the_reader_may_take_out(team, leads, alice, bob, browse):
    for person, name, wanted in (
        (alice, "submission_list", ["Export these"]),
        (bob, "submission_list", ["Export mine"]),
        (alice, "audit_list", ["Export these"]),
        (bob, "audit_list", []),
    ):
        page = parse(browse(person).get(name, query="?page=1"))
        forms = page.all("form", class_="row", method="post")
        labels = [form.attrs["aria-label"] for form in forms if "aria-label" in form.attrs]
        assert labels == wanted


def test_it_offers_nothing_where_there_is_nothing(alice, browse):
    assert "Export" not in browse(alice).get("submission_list").content.decode()


def test_it_knows_only_its_formats(leads, carol, browse):
    assert browse(carol).post("export_leads", data={"format": "exe"}).status_code == 404


@pytest.mark.parametrize("name", ["export_leads", "export_audit"])
def test_it_answers_the_usual_questions(team, charlie, browse, name):
    questions.hands_everything_back(browse(None), name)
    questions.tells_htmx_among_the_notices(browse(None), "post", name)
    questions.hides_other_teams(browse(charlie), "post", name)
    questions.rejects(browse(charlie), "GET HEAD PUT DELETE", name)
