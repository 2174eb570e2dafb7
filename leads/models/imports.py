from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from leads.states import AT_WORK, Fate, Stage

from .submissions import REFERENCE_LETTERS, Submission
from .teams import Environment, Team


def new_import_reference() -> str:
    """A short name for people to read out, such as ``I-7K3F9QX2``."""
    return "I-" + "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8))


class Duplicates(models.TextChoices):
    """What an import does with a row that looks like an earlier lead, or like a row before it."""

    SKIP = "skip", "Leave them out"
    HOLD = "hold", "Hold them for review"
    CREATE = "create", "Create them anyway"


class ImportQuerySet(models.QuerySet["LeadImport"]):
    def for_team(self, team: Team) -> ImportQuerySet:
        return self.filter(team=team)

    def due(self, now: datetime) -> ImportQuerySet:
        """Those the worker has something to do for, the one that waits longest first."""
        return self.filter(look_at__lte=now).order_by("look_at", "pk")


class LeadImport(models.Model):
    """A spreadsheet on its way to becoming leads. Only ``services/imports/`` changes ``stage``.

    ``columns`` says for each column which field of the entry form it is ("" for none), ``constants`` what fields
    without a column say, ``choices`` which option a name stands for that none is called by. ``revision`` goes up when
    one of them changes: rows keep the one they were checked in. ``look_at`` is when the worker looks next, and is
    moved ahead by whoever is at work; None when there is nothing to do. ``broken_off`` is how many tries in a row an
    error ended that nobody foresaw.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=new_import_reference, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="imports")
    environment = models.CharField(max_length=10, choices=Environment.choices)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="imports"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    one_time_key = models.UUIDField(default=uuid.uuid4, editable=False)
    preset = models.ForeignKey("leads.FormPreset", null=True, blank=True, on_delete=models.PROTECT)

    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    is_pasted = models.BooleanField(default=False)
    earlier = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="later")

    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.READING)
    problem = models.CharField(max_length=500, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)
    broken_off = models.PositiveSmallIntegerField(default=0)

    kind = models.CharField(max_length=20, blank=True)
    headings = models.JSONField(default=list)
    first_cells = models.JSONField(default=list)  # of the row that looks like headings, or is none
    first_number = models.PositiveIntegerField(default=1)
    has_headings = models.BooleanField(default=True)
    notes = models.JSONField(default=list, blank=True)
    row_count = models.PositiveIntegerField(default=0)

    columns = models.JSONField(default=list, blank=True)
    constants = models.JSONField(default=dict, blank=True)
    choices = models.JSONField(default=dict, blank=True)
    unmatched = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=0)

    duplicates = models.CharField(max_length=10, choices=Duplicates.choices, default=Duplicates.SKIP)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    four_eyes = models.BooleanField(default=True)
    is_approved = models.BooleanField(default=False)  # as a whole; else its leads are decided on one by one
    comment = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="import_stage_known"),
            models.UniqueConstraint(fields=["team", "created_by", "one_time_key"], name="one_import_per_form"),
            models.CheckConstraint(
                condition=Q(four_eyes=False)
                | Q(decided_by=None)
                | Q(created_by=None)
                | ~Q(decided_by=models.F("created_by")),
                name="nobody_decides_on_their_own_import",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-id"], name="import_newest"),
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="import_due"),
            models.Index(fields=["team", "digest"], name="import_by_file"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_practice(self) -> bool:
        return self.environment == Environment.SANDBOX

    @property
    def is_at_work(self) -> bool:
        return self.stage in AT_WORK


class ImportFile(models.Model):
    """What was uploaded, byte for byte, until the worker has read it. In the database, because machines share that."""

    lead_import = models.OneToOneField(LeadImport, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.lead_import}"


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def valid(self) -> ImportRowQuerySet:
        return self.filter(fate=Fate.WAITING)

    def alike(self) -> ImportRowQuerySet:
        """Those that look like an earlier lead, or like a row before them."""
        return self.exclude(twin=None, twin_number=None)

    def new(self) -> ImportRowQuerySet:
        return self.filter(twin=None, twin_number=None)


#: What a check writes to a row.
CHECKED = (
    "fate", "revision", "values", "errors", "fixes", "email_key", "phone_key", "linkedin_key", "company_key",
    "name_key", "twin_id", "twin_number",
)  # fmt: skip


def write_checked(rows: Iterable[ImportRow]) -> None:
    """Write what a check found to many rows that made no lead yet: ten times as fast as ``bulk_update``."""
    quoted = connection.ops.quote_name
    columns = ", ".join(f"{quoted(name)} = %s" for name in CHECKED)
    table = quoted(ImportRow._meta.db_table)
    statement = f"UPDATE {table} SET {columns} WHERE id = %s AND submission_id IS NULL"  # nosec B608  names of ours
    found: list[list[Any]] = [[*(_plain(getattr(row, name)) for name in CHECKED), row.pk] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, found)


def write_read(lead_import: LeadImport, rows: Iterable[tuple[int, int, Sequence[str], int | None]]) -> None:
    """Keep rows as they came: position, number, cells, and the earlier row they correct. Three times as fast as
    ``bulk_create``. One that is there already stays as it is.
    """
    fields = {field.attname: field for field in ImportRow._meta.concrete_fields if not field.primary_key}
    blank = {name: field.get_db_prep_save(field.get_default(), connection) for name, field in fields.items()}
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields.values())
    table = connection.ops.quote_name(ImportRow._meta.db_table)
    places = ", ".join("%s" for _ in fields)
    found: list[list[Any]] = []
    for position, number, cells, origin in rows:
        own = {
            "public_id": fields["public_id"].get_db_prep_save(uuid.uuid4(), connection),
            "lead_import_id": lead_import.pk, "position": position, "number": number, "cells": json.dumps(cells),
            "origin_id": origin,
        }  # fmt: skip
        found.append(list({**blank, **own}.values()))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING", found)  # nosec B608  names of ours


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value) if isinstance(value, str) else value


class ImportRow(models.Model):
    """One row of the file: ``cells`` as they came, ``fixes`` what people put in their place, by the column's number.

    ``errors`` are [column, field, message], column -1 where none is to blame; ``values`` the lead in normal form once
    it is valid, and the keys what duplicates are found by. A row makes one lead or none, whoever enters it how often.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead_import = models.ForeignKey(LeadImport, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()  # from 1; 0 is what looked like headings
    number = models.PositiveIntegerField()  # of the row in the file, as a spreadsheet counts
    cells = models.JSONField(default=list)
    fixes = models.JSONField(default=dict, blank=True)

    fate = models.CharField(max_length=10, choices=Fate.choices, default=Fate.WAITING)
    revision = models.PositiveIntegerField(default=0)
    values = models.JSONField(default=dict, blank=True)
    errors = models.JSONField(default=list, blank=True)
    email_key = models.CharField(max_length=254, blank=True)
    phone_key = models.CharField(max_length=40, blank=True)
    linkedin_key = models.CharField(max_length=200, blank=True)
    company_key = models.CharField(max_length=200, blank=True)
    name_key = models.CharField(max_length=400, blank=True)
    twin = models.ForeignKey(Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    twin_number = models.PositiveIntegerField(null=True, blank=True)  # of the row before it that says the same
    origin = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="corrections")
    submission = models.OneToOneField(
        Submission, null=True, blank=True, on_delete=models.PROTECT, related_name="import_row"
    )

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead_import", "position"], name="import_row_once"),
            models.CheckConstraint(condition=Q(fate__in=Fate.values), name="import_row_fate_known"),
            models.CheckConstraint(
                condition=Q(fate=Fate.ENTERED, submission__isnull=False)
                | (~Q(fate=Fate.ENTERED) & Q(submission__isnull=True)),
                name="entered_row_has_a_lead",
            ),
        ]
        indexes = [models.Index(fields=["lead_import", "fate", "position"], name="import_row_by_fate")]

    def __str__(self) -> str:
        return f"row {self.number} of {self.lead_import}"

    @property
    def texts(self) -> list[str]:
        """The cells as they stand now."""
        if not self.fixes:
            return list(self.cells)
        return [self.fixes.get(str(column), text) for column, text in enumerate(self.cells)]


class ImportMapping(models.Model):
    """Which heading is which field, kept under a name for the team's next file like it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="mappings")
    name = models.CharField(max_length=100)
    fields = models.JSONField(default=dict)  # heading in folded form -> name of the entry form's field, or ""
    constants = models.JSONField(default=dict, blank=True)
    choices = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="one_mapping_of_each_name")]

    def __str__(self) -> str:
        return self.name
