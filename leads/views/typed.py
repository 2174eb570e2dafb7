"""What stands in a posted entry form, as it was typed, for a draft of a new lead or of changes to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.http import Http404, HttpRequest

from leads.breakcold.fields import BY_NAME
from leads.forms.shape import ATTRIBUTE_PREFIX
from leads.models import Draft, FormPreset, Submission, Team
from leads.services import drafts

from .access import actor_of

COMMENT = "comment"  # to the reviewer who asked for changes
Typed = Mapping[str, Sequence[str]]


def one_time_key_in(request: HttpRequest) -> UUID | None:
    """The key of the form that is posted; None where it has none that can be read."""
    try:
        return UUID(request.POST.get("one_time_key", ""))
    except ValueError:
        return None


def public_id_in(text: str) -> UUID:
    """The public id of a lead that an address names. Raises ``Http404``."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404("no such lead") from None


def typed_in(request: HttpRequest) -> dict[str, list[str]]:
    """Every field of a lead that is posted, with all its texts. A NUL, which no database takes, is shown as such."""
    return {
        name: [text.replace("\0", "\N{REPLACEMENT CHARACTER}") for text in texts]
        for name, texts in request.POST.lists()
        if name in BY_NAME or name.startswith(ATTRIBUTE_PREFIX)
    }


def said_in(typed: Typed) -> list[str]:
    """The fields that say something; a switch always stands one way or the other, so it does not count."""
    is_switch = {name for name, field in BY_NAME.items() if field.default is not None}
    return [name for name, texts in typed.items() if name not in is_switch and any(text.strip() for text in texts)]


def keep(request: HttpRequest, team: Team, preset: FormPreset | None) -> Draft | None:
    """Save what is posted as the reader's draft; None where nothing is typed yet, or it was sent. May raise."""
    typed, key, actor = typed_in(request), one_time_key_in(request), actor_of(request)
    if key is None or actor.user is None:
        return None
    if not said_in(typed) and not drafts.of_person(team, actor.user).filter(one_time_key=key).exists():
        return None
    return drafts.save(team=team, typed=typed, one_time_key=key, preset=preset, actor=actor)


def keep_changes(request: HttpRequest, lead: Submission) -> Draft:
    """Save what is posted as the reader's changes of ``lead``. Raises ``NotPossible``."""
    comment = request.POST.get(COMMENT, "").replace("\0", "\N{REPLACEMENT CHARACTER}")
    typed = typed_in(request) | ({COMMENT: [comment]} if comment else {})
    return drafts.save_changes(lead=lead, typed=typed, actor=actor_of(request))
