"""A webhook: what it is called, where it is, what it is told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from leads.models import Webhook
from leads.models.notifications import OFFERED
from leads.models.webhooks import WebhookKind
from leads.services.webhook_targets import MAX_ADDRESS_CHARACTERS
from leads.services.webhooks import MAX_NAME_CHARACTERS

from .kinds import TextField


class WebhookForm(forms.Form):
    """Of a new one, or with ``webhook`` of one that is there: its kind stays, and an empty address means the same."""

    public_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = TextField(
        label="Name",
        max_length=MAX_NAME_CHARACTERS,
        help_text="For you and the other admins, such as “Sales channel”.",
        error_messages={"required": "Give it a name."},
    )
    kind = forms.ChoiceField(
        label="How it wants to be told",
        choices=WebhookKind.choices,
        widget=forms.RadioSelect,
        initial=WebhookKind.TEXT,
        error_messages={"required": "Choose how it wants to be told.", "invalid_choice": "Choose one of these."},
    )
    address = forms.CharField(
        label="Address",
        max_length=MAX_ADDRESS_CHARACTERS,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": None}),
        help_text="As the receiver gave it to you; it begins with https://.",
        error_messages={"required": "Type the address that is to be told."},
    )
    events = forms.MultipleChoiceField(
        label="What it is told",
        choices=[(kind.value, kind.label) for kind in OFFERED],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one.", "invalid_choice": "Choose from these."},
    )

    def __init__(self, data: Any = None, *, webhook: Webhook | None = None) -> None:
        initial: dict[str, Any] = {"public_id": uuid4(), "events": [kind.value for kind in OFFERED]}
        if webhook is not None:
            initial = {"name": webhook.name, "events": webhook.events}
        super().__init__(data, initial=initial)
        if webhook is not None:
            del self.fields["kind"], self.fields["public_id"]
            self.fields["address"].required = False
            self.fields["address"].label = "Another address"
            self.fields["address"].help_text = f"Left empty, it stays at {webhook.host}. An address is not shown again."

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)
