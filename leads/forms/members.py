"""Forms about people: inviting somebody, changing a role, making an account from an invitation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from leads.models import User
from leads.models.teams import Role
from leads.services import members
from leads.services.teams import NotPossible

from .kinds import TextField

WHAT_ROLES_DO = "Members enter leads. Reviewers also decide on other people’s. Admins also run the team."


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.CharField(
        label="Email",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": None}),
        error_messages={"required": "Whose address is it for?"},
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.MEMBER, help_text=WHAT_ROLES_DO)

    def clean_email(self) -> str:
        try:
            return members.normal_address(self.cleaned_data["email"])
        except NotPossible as exc:
            raise ValidationError(str(exc)) from None


class RoleForm(forms.Form):
    """``seen`` is the role the page showed."""

    role = forms.ChoiceField(
        label="Role in the team", choices=Role.choices, widget=forms.RadioSelect, help_text=WHAT_ROLES_DO
    )
    seen = forms.ChoiceField(choices=Role.choices, required=False, widget=forms.HiddenInput)


class JoinForm(forms.Form):
    """The account of a new person; its address stands in the invitation."""

    name = TextField(
        label="Your name",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name, so that others know who entered what."},
    )
    password1 = forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters, and not one that many people use.",
        error_messages={"required": "Choose a password."},
    )
    password2 = forms.CharField(
        label="The same password again",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Type the password once more."},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        self.email = email
        super().__init__(*args, **kwargs)

    def clean_password1(self) -> str:
        password = str(self.cleaned_data["password1"])
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password

    def clean(self) -> dict[str, Any]:
        one, two = (self.cleaned_data.get(name) for name in ("password1", "password2"))
        if one and two and one != two:
            self.add_error("password2", "This is not the same password. Type both again.")
        return self.cleaned_data
