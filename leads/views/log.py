"""Audit entries as people read them: names beside ids, words beside actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leads.audit import Action, ActorKind
from leads.models import AuditEntry, FormPreset, GatewayToken, LeadImport, Submission, User

from .action_words import ACTION_WORDS, ActionWords

SUBJECTS = {
    "team": "The team",
    "breakcoldkey": "The key",
    "gatewaytoken": "A token",
    "invitation": "An invitation",
    "pickeroption": "An option",
    "customattribute": "A custom attribute",
    "formpreset": "A preset",
    "user": "A person",
    "submission": "A lead",
    "draft": "A draft",
    "leadimport": "An import",
    "importmapping": "A saved mapping",
    "savedview": "A saved view",
    "webhook": "A webhook",
}
OTHERS = {ActorKind.SYSTEM: "The portal", ActorKind.OPERATOR: "An operator"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with what the page shows of it. ``submission`` only where the entry is about one that still exists."""

    entry: AuditEntry
    actor: str
    words: ActionWords
    submission: Submission | None
    person: str

    @property
    def about(self) -> str:
        return self.person or SUBJECTS.get(self.entry.subject_kind, self.entry.subject_kind)

    @property
    def notes(self) -> str:
        """The details in one line, digests left out: they are for checking, not for reading."""
        hidden = {"values", "attempt", "body", "digest", "key", "door", "invitation"}
        shown = [(name, _shown(value)) for name, value in self.entry.details.items() if name not in hidden]
        return " · ".join(f"{name.replace('_', ' ')} {text}" for name, text in shown if text)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(filter(None, value)) if isinstance(value, list) else str(value)


def lines(entries: Iterable[AuditEntry]) -> list[Line]:
    """Six queries at most, however many entries there are."""
    entries = list(entries)
    ids = {found for entry in entries for found in (entry.actor_id, entry.subject_id) if found}
    people = {user.public_id: str(user) for user in User.objects.filter(public_id__in=ids)}
    tokens = {token.public_id: f"Token {token.name}" for token in GatewayToken.objects.filter(public_id__in=ids)}
    presets = FormPreset.objects.filter(public_id__in=_about(entries, "formpreset"))  # no query where there are none
    imports = LeadImport.objects.filter(public_id__in=_about(entries, "leadimport"))
    called = people | {preset.public_id: f"Preset “{preset.name}”" for preset in presets}
    called |= {each.public_id: f"Import {each.reference}" for each in imports}
    submissions = {row.public_id: row for row in Submission.objects.filter(public_id__in=_about(entries, "submission"))}
    return [
        Line(
            entry=entry,
            actor=_actor(entry, people | tokens),
            words=ACTION_WORDS[Action(entry.action)],
            submission=submissions.get(entry.subject_id) if entry.subject_id else None,
            person=called.get(entry.subject_id, "") if entry.subject_id else "",
        )
        for entry in entries
    ]


def _about(entries: Iterable[AuditEntry], kind: str) -> set[UUID]:
    return {entry.subject_id for entry in entries if entry.subject_id and entry.subject_kind == kind}


def _actor(entry: AuditEntry, names: dict[UUID, str]) -> str:
    if entry.actor_id:
        return names.get(entry.actor_id, "Somebody who is gone")
    return OTHERS.get(ActorKind(entry.actor_kind), "Somebody")
