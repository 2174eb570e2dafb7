"""What reaches one person by mail."""

from __future__ import annotations

from typing import Any

from django import forms

from leads.models import Membership, NotificationSettings

NAMES = ("review_digest", "own_returns", "own_failures", "team_failures")


class NotificationForm(forms.Form):
    """Only what the person's role has to do with."""

    review_digest = forms.BooleanField(
        label="Leads wait for my review",
        required=False,
        help_text="At most one mail an hour, and only when something new waits.",
    )
    own_returns = forms.BooleanField(
        label="A reviewer sent a lead of mine back, or rejected it",
        required=False,
        help_text="At most one mail an hour about reviews, whichever side of them you are on.",
    )
    own_failures = forms.BooleanField(
        label="A lead of mine did not get through",
        required=False,
        help_text="One mail when it begins, with how many; then none until an hour has passed without another.",
    )
    team_failures = forms.BooleanField(
        label="Anything of the team’s did not get through",
        required=False,
        help_text="The same for everybody’s leads, a paused key, a webhook switched off, and very large exports.",
    )

    def __init__(self, data: Any = None, *, membership: Membership, chosen: NotificationSettings) -> None:
        super().__init__(data, initial={name: getattr(chosen, name) for name in NAMES})
        if not membership.can_review:
            del self.fields["review_digest"]
        if not membership.is_admin:
            del self.fields["team_failures"]

    def values(self) -> dict[str, bool]:
        return {name: bool(self.cleaned_data.get(name)) for name in NAMES}
