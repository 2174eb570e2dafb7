"""Imports for the pages' list: one at each stage that looks like something of its own."""

from __future__ import annotations

from django.utils import timezone

from leads.models import ImportRow, LeadImport, Submission, Team, User
from leads.models.teams import Role
from leads.services import imports
from leads.services.imports.breaking import NOT_ENTERED
from leads.sheets import Note
from leads.states import Fate, Stage, State
from tests.factories import actor_for, make_ready_import

HEADINGS = ("Vorname", "Nachname", "E-Mail-Adresse", "Firma", "Telefon", "Tags", "A column that nobody needs")
ROWS = (
    ["Aoife", "Byrne", "aoife@example.com", "Example Brewing Ltd", "+353 1 234 5678", "Warm; No such tag", "H3"],
    ["Brian", "Daly", "not an address", "Example Bakery", "4.93E+10", "", "H3"],
    ["Ciara", "Keane", "ciara@example.com", "Example Roasters and Importers of Fine Coffees, Limited", "", "", ""],
    ["Ciara", "K.", "CIARA@example.com", "", "", "", ""],
    ["", "", "lead0@example.com", "", "", "", "H4"],
)
STAGES = (
    Stage.READY, Stage.MAPPING, Stage.IN_REVIEW, Stage.RUNNING, Stage.PAUSED, Stage.DONE, Stage.UNREADABLE,
)  # fmt: skip
NOTES = [
    Note("The column “Telefon” holds numbers like 4.93E+10: the spreadsheet program has cut digits off.", column=4)
]


def fill_imports(team: Team, people: dict[Role, User]) -> dict[str, str]:
    """The public id of one at each stage. Nobody is to look at them, so that none of them moves."""
    member = people[Role.MEMBER]
    made = {}
    for stage in (
        Stage.READY,
        Stage.MAPPING,
        Stage.IN_REVIEW,
        Stage.RUNNING,
        Stage.PAUSED,
        Stage.DONE,
        Stage.UNREADABLE,
    ):
        lead_import = make_ready_import(team, member, *ROWS, headings=HEADINGS)
        notes = [{"text": note.text, "column": note.column, "row": note.row} for note in NOTES]
        changes = {"stage": stage, "notes": notes, "look_at": None, "earlier": None, "name": f"fair-{stage.value}.csv"}
        if stage not in (Stage.READY, Stage.MAPPING, Stage.UNREADABLE):
            imports.start(lead_import=lead_import, duplicates="skip", again=True, actor=actor_for(member))
            changes |= {"started_at": timezone.now()}
        if stage == Stage.PAUSED:
            changes |= {"problem": NOT_ENTERED.format(reference=lead_import.reference)}
        if stage == Stage.UNREADABLE:
            lead_import.rows.all().delete()
            changes |= {"problem": "The file is protected by a password: save it without one.", "row_count": 0}
        if stage == Stage.DONE:
            _enter(lead_import)
            changes |= {"finished_at": timezone.now()}
        LeadImport.objects.filter(pk=lead_import.pk).update(**changes)
        made[stage.value] = str(lead_import.public_id)
    return made


def _enter(lead_import: LeadImport) -> None:
    """As if the leads of its rows had left."""
    leads = Submission.objects.filter(team=lead_import.team, import_row=None, state__in=(State.CREATED, State.FAILED))
    for row, lead in zip(lead_import.rows.filter(fate=Fate.WAITING), leads, strict=False):
        ImportRow.objects.filter(pk=row.pk).update(fate=Fate.ENTERED, submission=lead)
