"""What several commands begin with."""

from __future__ import annotations

from django.core.management.base import CommandError

from leads.models import PickerOption, Team


def get_team(slug: str) -> Team:
    """The team with this slug, or a refusal that names the ones there are."""
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        known = ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no team “{slug}”. Teams: {known}.")
    return team


def get_option(team: Team, kind: str, external_id: str) -> PickerOption:
    """One of the team's options by the id Breakcold knows it by, or a refusal."""
    rows = PickerOption.objects.seen_by(team).filter(kind=kind, external_id=external_id)
    found: PickerOption | None = rows.select_related("team").first()
    if found is None:
        raise CommandError(f"{team.slug} has no {kind} with the id {external_id}.")
    return found
