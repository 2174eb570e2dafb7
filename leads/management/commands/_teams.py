"""What several commands begin with."""

from __future__ import annotations

from django.core.management.base import CommandError

from leads.models import Team


def get_team(slug: str) -> Team:
    """The team with this slug, or a refusal that names the ones there are."""
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        known = ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no team “{slug}”. Teams: {known}.")
    return team
