"""Forms about gateway tokens: issuing one, and exchanging its text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from leads.models import FormPreset, Membership, Team, User
from leads.models.tokens import REQUESTS_A_MINUTE, Scope
from leads.services.tokens import MAX_REQUESTS_A_MINUTE

from .kinds import TextField

LIVES = {"": "Until it is revoked", "30": "For 30 days", "90": "For 90 days", "365": "For a year"}
OVERLAPS = {
    "0": "Stops now",
    "3600": "Works one more hour",
    "86400": "Works one more day",
    "604800": "Works 7 more days",
}


class TokenForm(forms.Form):
    """A new token. ``public_id`` is made with the page, so that a form sent twice is one token."""

    public_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = TextField(
        label="What it is for",
        max_length=100,
        help_text="Such as “n8n: trade fair form”. The audit log shows it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": None}),
        error_messages={"required": "Say what it is for, so that others can tell it from the next one."},
    )
    owner = forms.ChoiceField(
        label="Speaks for",
        help_text="When this person leaves the team, the token stops working.",
        error_messages={"invalid_choice": "Choose somebody who is in the team.", "required": "Choose somebody."},
    )
    may_create = forms.BooleanField(label=Scope.CREATE.label, required=False, initial=True)
    may_read = forms.BooleanField(label=Scope.READ.label, required=False, initial=True)
    may_bulk = forms.BooleanField(label=Scope.BULK.label, required=False)
    preset = forms.ChoiceField(
        label="Preset",
        required=False,
        help_text="Its defaults, fixed values and required fields hold for everything the token brings in.",
        error_messages={"invalid_choice": "This preset is not there any more. Choose another one."},
    )
    lives = forms.ChoiceField(label="It works", required=False, choices=list(LIVES.items()))
    requests_a_minute = forms.IntegerField(
        label="Requests a minute",
        min_value=1,
        max_value=MAX_REQUESTS_A_MINUTE,
        initial=REQUESTS_A_MINUTE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, team: Team, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {
            str(person.user.public_id): person.user
            for person in Membership.objects.filter(team=team, user__is_active=True).select_related("user")
        }
        self.presets = {str(preset.public_id): preset for preset in FormPreset.objects.in_use().filter(team=team)}
        names = sorted(((key, str(person)) for key, person in self.people.items()), key=lambda row: row[1].casefold())
        self._choose("owner", names)
        self._choose("preset", [("", "None"), *((key, preset.name) for key, preset in self.presets.items())])
        self.initial.setdefault("owner", str(user.public_id))
        self.initial.setdefault("public_id", uuid4())
        if not self.presets:
            del self.fields["preset"]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def wishes(self) -> dict[str, Any]:
        """What ``tokens.issue_token`` is asked for."""
        said = self.cleaned_data
        return {
            "name": said["name"],
            "owner": self.people[said["owner"]],
            "scopes": [scope for scope in Scope.values if said[f"may_{scope}"]],
            "preset": self._preset(),
            "expires_at": self._expires_at(),
            "requests_a_minute": said["requests_a_minute"],
            "public_id": self._public_id(),
        }

    def _preset(self) -> FormPreset | None:
        return self.presets.get(self.cleaned_data.get("preset") or "")

    def _expires_at(self) -> datetime | None:
        days = self.cleaned_data["lives"]
        return timezone.now() + timedelta(days=int(days)) if days else None

    def _public_id(self) -> UUID | None:
        found: UUID | None = self.cleaned_data["public_id"]
        return found


class RotateForm(forms.Form):
    """``seen`` is the beginning of the token the page showed."""

    overlap = forms.ChoiceField(
        label="The old one", choices=list(OVERLAPS.items()), initial="86400", widget=forms.Select
    )
    seen = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def overlap_time(self) -> timedelta:
        return timedelta(seconds=int(self.cleaned_data["overlap"]))
