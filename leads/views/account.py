"""How sign-in behaves here."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come in by invitation, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
