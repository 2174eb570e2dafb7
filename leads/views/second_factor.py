"""The library's pages for apps, passkeys and recovery codes, as they behave here; and where somebody who must have one
and has none is led.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from leads import crypto
from leads.audit import Action
from leads.models import User
from leads.services import second_factor

from . import sessions
from .access import View, actor_of, came_by_provider, safe_path, signed_in

NEXT = "second_factor_next"  # in the session: where somebody was going when they were led to set one up
NAMES = {
    Authenticator.Type.TOTP: "app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


class PortalMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are sealed like keys. A passkey belongs to the host in ``PORTAL_URL``, whatever a request calls it."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That did not fit. A code works once, and only for a moment: wait for the next one.",
    }

    def encrypt(self, text: str) -> str:
        return crypto.seal_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.open_factor(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PORTAL_HOST, "name": "Lead portal"}

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "My passkey"


# What is typed or sent back as proof


class _Code(BaseAuthenticateForm):  # type: ignore[misc]
    """A code of the app works once, whoever sends it first; a recovery code too."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
        error_messages={"required": "Type the code that the app shows, or one of your recovery codes."},
    )

    def clean_code(self) -> str:
        forgive = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        for row in Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN):
            if _fits(row, code):
                row.user, self.authenticator = self.user, row
                forgive()
                return code
        raise PortalMFAAdapter().validation_error("incorrect_code")


def _fits(row: Authenticator, code: str) -> bool:
    if row.type == Authenticator.Type.TOTP:
        return second_factor.use_code(authenticator=row, code=code)
    return bool(row.wrap().validate_code(code))


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmCodeForm(_Code, ReauthenticateForm):  # type: ignore[misc]
    pass


class _Credential:
    """What the browser made of a passkey. Anything else in its place is told apart from it by no other answer."""

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            self.add_error(None, PortalMFAAdapter().validation_error("incorrect_code"))  # type: ignore[attr-defined]


class AddPasskeyForm(_Credential, AddWebAuthnForm):  # type: ignore[misc]
    """Every passkey can sign in by itself, so it has to be one that asks who holds it."""

    name = forms.CharField(label="Name", max_length=60, required=False, help_text="To tell it apart from others.")
    passwordless = None

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True  # refused unless it did ask
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class PasskeyForm(_Credential, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeySignInForm(_Credential, LoginWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Authenticator:
        found: Authenticator = super().clean_credential()
        if not found.user.is_active:
            raise PortalMFAAdapter().validation_error("incorrect_code")
        return found


class ConfirmPasskeyForm(_Credential, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


# Into the log, and other browsers out


@receiver(authenticator_added)
@receiver(authenticator_reset)
def note_added(request: HttpRequest, user: User, authenticator: Authenticator, **about: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        second_factor.note_first_code(authenticator=authenticator)
    _note(Action.MEMBER_FACTOR_ADDED, request, authenticator)


@receiver(authenticator_removed)
def note_removed(request: HttpRequest, user: User, authenticator: Authenticator, **about: Any) -> None:
    _note(Action.MEMBER_FACTOR_REMOVED, request, authenticator)


def _note(action: Action, request: HttpRequest, authenticator: Authenticator) -> None:
    second_factor.note_change(action=action, kind=NAMES[authenticator.type], actor=actor_of(request))
    sessions.stay(request)


# Operators


def may_operate(request: HttpRequest) -> bool:
    """Who may open ``/admin/``."""
    user = request.user
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return False
    return came_by_provider(request) or not second_factor.is_missing_for_operator(user)


def operators(sign_in: View) -> View:
    """The sign-in of ``/admin/``; an operator who lacks only a second factor is led to set it up."""

    @wraps(sign_in)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and user.is_active and user.is_staff and not may_operate(request):
            return redirect(reverse("second_factor_setup", query={"next": reverse("admin:index")}))
        return sign_in(request, *args, **kwargs)

    return guarded


# The page somebody is led to


@require_safe
@signed_in
def second_factor_setup(request: HttpRequest) -> HttpResponse:
    """Choose an app or a passkey; once there is one, go on to where one was going."""
    wanted = safe_path(request.GET.get("next", ""))
    if wanted:
        request.session[NEXT] = wanted
    user = request.user
    has_one = isinstance(user, User) and second_factor.has_factor(user)
    about = {"has_one": has_one, "going_to": request.session.get(NEXT, "/")}
    return render(request, "second_factor/setup.html", about)
