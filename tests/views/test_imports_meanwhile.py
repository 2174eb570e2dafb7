"""What the pages of an import say meanwhile: no worker, nothing valid, a preset, a key or a person that goes."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from leads.delivery.imports import work_once
from leads.models import ImportFile, LeadImport, WorkerBeat
from leads.services import imports, keys, members, presets
from leads.states import Stage
from tests.factories import OPERATOR, actor_for, make_import, make_preset, make_ready_import, make_row

from .page import parse

STRANDED = "Nothing works on it at this moment"


def shown(browser, lead_import) -> str:
    response = browser.get("import_detail", lead_import.public_id)
    assert response.status_code == 200
    return " ".join(parse(response).one("article").text.split())


def test_it_says_so_when_no_worker_is_there(browse, bob, team):
    made = make_import(team, bob, "Email\na@example.com\n")
    now = timezone.now()
    beat = WorkerBeat.objects.create(started_at=now, beat_at=now - timedelta(minutes=1))
    assert STRANDED in shown(browse(bob), made)
    WorkerBeat.objects.filter(pk=beat.pk).update(beat_at=now + timedelta(hours=1))
    assert STRANDED not in shown(browse(bob), made)
    WorkerBeat.objects.all().delete()
    work_once()
    assert STRANDED not in shown(browse(bob), made), "it is the reader's turn"


def test_it_can_be_cancelled_while_it_is_read_and_while_it_is_checked(browse, bob, carol, team):
    made = make_import(team, bob, "Email\na@example.com\n")
    assert "Cancel the import" in shown(browse(bob), made) and "Cancel the import" not in shown(browse(carol), made)
    assert browse(bob).post("import_act", made.public_id, "cancel").status_code == 303
    assert not ImportFile.objects.exists()
    other = make_import(team, bob, "Email\nb@example.com\n")
    while work_once():
        pass
    browse(bob).post("import_mapping", other.public_id, data={"column.0": "email"})
    browse(bob).post("import_act", other.public_id, "cancel")
    while work_once():
        pass
    other.refresh_from_db()
    assert other.stage == Stage.CANCELLED and sum(imports.count(other).values()) == 1


def test_it_does_not_start_where_nothing_would_be_sent(browse, bob, team):
    made = make_ready_import(team, bob, ["nobody"], ["no address"])
    refused = browse(bob).post("import_act", made.public_id, "start", data={"duplicates": "skip"})
    assert refused.status_code == 422 and "Nothing would be sent" in refused.content.decode()


def test_it_stays_as_it_was_when_its_preset_is_removed(browse, bob, team):
    preset = make_preset(team, make_row("email"), make_row("city", "hidden", default="Cork"))
    made = make_import(team, bob, "Email\na@example.com\n", preset=preset)
    work_once()
    presets.remove_preset(preset=preset, actor=OPERATOR)
    browse(bob).post("import_mapping", made.public_id, data={"column.0": "email"})
    work_once()
    assert made.rows.get().values["city"] == "Cork"
    made.refresh_from_db()
    assert made.stage == Stage.READY
    imports.start(lead_import=made, duplicates="skip", actor=actor_for(bob))
    work_once()
    assert made.submissions.get().values["city"] == "Cork"


def test_it_waits_when_the_key_goes_and_says_why(browse, bob, team, key):
    made = make_ready_import(team, bob, ["a@example.com"])
    imports.start(lead_import=made, duplicates="skip", actor=actor_for(bob))
    work_once()
    keys.revoke_key(team=team, seen=str(key.public_id), actor=OPERATOR)
    text = shown(browse(bob), made)
    assert "0 of 1 rows done" in text and "key" in text


def test_an_admin_goes_on_with_the_import_of_somebody_who_left(browse, bob, alice, team, key):
    made = make_ready_import(team, bob, ["a@example.com"], ["b@example.com"])
    imports.start(lead_import=made, duplicates="skip", actor=actor_for(bob))
    members.remove_member(team=team, user=bob, actor=actor_for(alice))
    assert browse(bob).get("import_detail", made.public_id).status_code == 404
    for deed in ("pause", "resume", "cancel"):
        assert browse(alice).post("import_act", made.public_id, deed).status_code == 303
    assert LeadImport.objects.get(pk=made.pk).stage == Stage.CANCELLED
