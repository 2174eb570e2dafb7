"""The mail for a forgotten password: neither the answer nor its time tells who has an account."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

#: Every answer takes this long, more than finding somebody and writing their link does.
ANSWER_SECONDS = 0.15


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    def full_clean(self) -> None:
        self.began = time.monotonic()
        super().full_clean()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = super().save(request, **kwargs)
        time.sleep(max(0.0, self.began + ANSWER_SECONDS - time.monotonic()))
        return email
