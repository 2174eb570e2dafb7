from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from leads import audit
from leads.audit import Action
from leads.models import AuditEntry, Event, PickerOption, Submission
from leads.models.notifications import TEAM_FAILURES, EventKind
from leads.services import exports
from leads.services.exports import CHUNK, LOG_HEADINGS, Table
from leads.services.lead_columns import FACTS, OTHERS
from leads.sheets import csv_rows, read, xlsx_file
from tests.factories import OPERATOR, actor_for, make_submission
from tests.picking import add, add_attribute, add_select

from .threads import all_at_once


def leads_of(team, **about) -> Table:
    leads = about.pop("leads", Submission.objects.for_team(team))
    return exports.export_leads(
        team=team, leads=leads, **{"filters": [], "file_format": "csv", "actor": OPERATOR, **about}
    )


def log_of(team) -> Table:
    entries = AuditEntry.objects.filter(team=team)
    return exports.export_log(team=team, entries=entries, filters=[], file_format="csv", actor=OPERATOR)


def only_row(team) -> dict[str, str]:
    table = leads_of(team)
    (row,) = table.rows
    return dict(zip(table.headings, row, strict=True))


def test_it_says_of_each_lead_what_it_says_and_what_became_of_it(team, bob):
    add(team, "tag", "t1", name="Fair")
    add(team, "tag", "t2", name="Hot")
    values = {"email": "=x@example.com", "tags": ["t1", "t2", "t9"], "is_company": True, "icebreaker": "a\nb"}
    lead = make_submission(team, bob, **values)
    Submission.objects.filter(pk=lead.pk).update(breakcold_id="bc-1")
    row = only_row(team)
    assert list(row)[: len(FACTS)] == list(FACTS)
    assert row["Reference"] == lead.reference and row["State"] == "Queued" and row["Breakcold id"] == "bc-1"
    assert row["Entered by"] == str(bob)
    assert (row["Email"], row["Tags"], row["This lead is a"]) == ("=x@example.com", "Fair; Hot; t9", "Company")
    assert row["Icebreaker"] == "a\nb"


def test_it_names_an_option_by_its_id_where_the_name_would_not_tell(team, bob):
    for key, name in (("t1", "Hot"), ("t2", "hot"), ("t3", "A; B"), ("t4", "Plain")):
        add(team, "tag", key, name=name)
    make_submission(team, bob, tags=["t1", "t2", "t3", "t4"])
    assert only_row(team)["Tags"] == "t1; t2; t3; Plain"
    PickerOption.objects.filter(external_id="t1").update(is_gone=True)
    assert only_row(team)["Tags"] == "Hot; hot; t3; Plain"


def test_it_has_a_column_for_each_attribute(team, bob):
    add_select(team, "size", 2)
    add_attribute(team, "where", "LOCATION", name="Site")
    add_attribute(team, "vip", "CHECKBOX", name="VIP")
    add_attribute(team, "mail", name="Email")
    attributes = {
        "size": "size-1",
        "where": {"address": "Cork", "latitude": 51.9, "longitude": -8.5},
        "vip": False,
        "mail": "second@example.com",
        "gone": "kept",
    }
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(values={**lead.values, "attributes": attributes})
    row = only_row(team)
    size = team.custom_attributes.get(external_id="size")
    assert row[size.name] == next(each["name"] for each in size.options if each["id"] == "size-1")
    assert [row[f"Site: {part}"] for part in ("address", "latitude", "longitude")] == ["Cork", "51.9", "-8.5"]
    assert row["VIP"] == "No"
    assert row["attributes.mail"] == "second@example.com", "another column is called Email"
    assert json.loads(row[OTHERS]) == {"gone": "kept"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_of_it_reads_as_it_was(team, bob, kind, tmp_path: Path):
    for number, email in enumerate(["=1+1@example.com", "'@example.com", "+a@example.com"]):
        make_submission(team, bob, email=email, company=f"@{number}", phone="+35312345678", icebreaker="-a\n\tb; c")
    table = leads_of(team)
    rows = list(table.rows)
    out = io.BytesIO()
    if kind == "csv":
        out.writelines(csv_rows(table.headings, rows))
    else:
        xlsx_file(table.headings, rows, out)
    path = tmp_path / "x"
    path.write_bytes(out.getvalue())
    sheet = read(path, name="x")
    assert (sheet.headings, sheet.rows) == (table.headings, rows)


def test_it_writes_down_who_took_out_what(team, bob):
    make_submission(team, bob)
    table = leads_of(team, filters=["state queued"], file_format="xlsx", actor=actor_for(bob))
    entry = AuditEntry.objects.filter(team=team).latest("sequence")
    assert (entry.action, entry.actor_id, entry.subject_id) == (Action.EXPORT_MADE, bob.public_id, team.public_id)
    assert entry.details == {"what": "leads", "format": "xlsx", "rows": 1, "filters": ["state queued"]}
    make_submission(team, bob, email="later@example.com")
    assert len(list(table.rows)) == table.count == 1, "what comes later is not in it"
    assert list(audit.verify(team)) == []


def many(team, user, count: int) -> None:
    first = make_submission(team, user)
    Submission.objects.bulk_create(
        Submission(team=team, created_by=user, door="form", environment=first.environment, title=str(number))
        for number in range(count - 1)
    )


def test_a_person_takes_out_so_many_leads_a_day_and_no_more(team, bob, carol, settings):
    """Counted from the log over 24 hours, for each person; the operator may take out all."""
    settings.PORTAL_EXPORT_LEADS_PER_DAY = 10
    many(team, bob, 4)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(2):
            assert leads_of(team, actor=actor_for(bob)).count == 4
        with pytest.raises(exports.TooMuch, match="10 leads in 24 hours, and in the last 24 hours you took out 8"):
            leads_of(team, actor=actor_for(bob))
        assert leads_of(team, actor=actor_for(bob), leads=Submission.objects.none()).count == 0
        assert leads_of(team, actor=actor_for(carol)).count == leads_of(team).count == 4
        log_of(team)
        clock.shift(timedelta(hours=24))
        assert leads_of(team, actor=actor_for(bob)).count == 4
    refused = AuditEntry.objects.get(team=team, action=Action.EXPORT_REFUSED)
    assert (refused.actor_id, refused.details) == (bob.public_id, {"rows": 4, "before": 8, "is_much": True})
    assert list(audit.verify(team)) == []


def test_the_admins_are_told_once_at_half_of_a_day_s_leads_and_once_when_more_is_refused(team, bob, settings):
    settings.PORTAL_EXPORT_LEADS_PER_DAY = 10
    many(team, bob, 3)
    told = Event.objects.filter(kind=EventKind.EXPORT_LARGE)
    for expected in ([], [False], [False]):
        leads_of(team, actor=actor_for(bob))
        assert [event.data["refused"] for event in told.all()] == expected
    for _ in range(3):
        with pytest.raises(exports.TooMuch):
            leads_of(team, actor=actor_for(bob))
    assert [(event.data["refused"], event.data["leads"]) for event in told.all()] == [(False, 3), (True, 3)]
    assert told.all()[0].data["link"].endswith("/t/brewers/audit/") and EventKind.EXPORT_LARGE in TEAM_FAILURES


@pytest.mark.django_db(transaction=True)
def test_exports_at_the_same_moment_are_counted_one_after_the_other(team, bob, settings):
    settings.PORTAL_EXPORT_LEADS_PER_DAY = 10
    many(team, bob, 4)
    done = []

    def take(number: int) -> None:
        with suppress(exports.TooMuch):
            done.append(leads_of(team, actor=actor_for(bob)).count)

    all_at_once(take, 6)
    assert done == [4, 4]


def test_it_has_nothing_of_another_team(team, other_team, bob, charlie):
    make_submission(other_team, charlie)
    assert leads_of(team).count == 0
    table = log_of(team)
    assert str(other_team.public_id) not in str(list(table.rows))


def test_it_reads_in_parts_and_leaves_no_row_out(team, bob, django_assert_num_queries):
    first = make_submission(team, bob)
    rows = [
        Submission(team=team, created_by=bob, door="form", environment=first.environment, title=str(number))
        for number in range(CHUNK + 3)
    ]
    Submission.objects.bulk_create(rows)
    table = leads_of(team)
    with django_assert_num_queries(3):  # full, the rest, nothing more
        references = [row[0] for row in table.rows]
    newest_first = Submission.objects.order_by("-pk").values_list("reference", flat=True)
    assert references == list(newest_first) and len(references) == table.count == CHUNK + 4


def test_it_takes_the_log_out_with_its_hashes(team, bob):
    lead = make_submission(team, bob)
    table = log_of(team)
    rows = [dict(zip(table.headings, row, strict=True)) for row in table.rows]
    assert table.headings == list(LOG_HEADINGS)
    newest = rows[0]
    entry = AuditEntry.objects.get(team=team, hash=newest["Hash"])
    assert (newest["Action"], newest["About"], newest["Who"]) == (entry.action, lead.reference, bob.email)
    assert newest["Hash before"] == rows[1]["Hash"] and json.loads(newest["Details"]) == entry.details
