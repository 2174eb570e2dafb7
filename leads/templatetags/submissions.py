"""Small things pages about leads need."""

from __future__ import annotations

from datetime import datetime

from django import forms, template
from django.contrib.humanize.templatetags.humanize import naturaltime, ordinal
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

from leads.forms.shape import words_of
from leads.views.wording import OUTCOME_WORDS

register = template.Library()
register.filter(ordinal)


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """A moment as people say it, with the exact one on hover; app.js turns that into the reader's time zone."""
    if moment is None:
        return SafeString("")
    exact = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-relative>{}</time>',
        exact.isoformat(timespec="seconds"),
        exact.strftime("%d %b %Y, %H:%M:%S"),
        naturaltime(exact),
    )


@register.simple_tag
def icon(name: str) -> str:
    """A decorative icon: the words beside it say the same."""
    return str(lucide(name, size=16, aria_hidden="true"))


@register.filter
def in_words(field: forms.BoundField) -> list[str]:
    """What a field says that nobody can change: names instead of ids."""
    return words_of(field.field, field.initial)


@register.filter
def outcome_words(outcome: str) -> str:
    """What came of one try, for people."""
    return OUTCOME_WORDS.get(outcome, outcome.replace("_", " "))
