"""The one field that forgets: what is pasted into it is never shown again, not even after a mistake."""

from __future__ import annotations

from django import forms

from leads.models.teams import Environment

#: Its name in requests; pages that hand back what somebody typed leave it out.
FIELD = "breakcold_key"


class KeyForm(forms.Form):
    """Shown, never bound to what was posted: that goes to the service alone."""

    breakcold_key = forms.CharField(
        label="API key",
        required=False,
        widget=forms.PasswordInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "data-1p-ignore": True,
                "data-lpignore": "true",
            }
        ),
    )

    def __init__(self, *, environment: str, problem: str = "") -> None:
        super().__init__({})
        field = self.fields[FIELD]
        field.label = "API key of the practice sandbox" if environment == Environment.SANDBOX else "Breakcold API key"
        field.help_text = "It is tried before it is kept. This box never shows a key again, not even after a mistake."
        if problem:
            self.add_error(FIELD, problem)
            field.widget.attrs["data-focus"] = True
