"""Every address of the portal, made from the list of addresses itself: a new one is here without anybody's doing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from django.apps import apps
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from leads.models import Team
from leads.views.deeds import DEEDS
from leads.views.keys import DEEDS as KEY_DEEDS

PLACEHOLDER = re.compile(r"<(?:(\w+):)?(\w+)>")
GROUP = re.compile(r"\(\?P<\w+>[^()]*\)")
CHOICE = re.compile(r"\(\?:([^()|]*)[^()]*\)")


def every_url(team: Team, *, most: int = 60) -> list[str]:
    """Each pattern filled in with what there is, ``most`` times; signing out is left out, because it ends the crawl."""
    found = [url for route in _routes(get_resolver().url_patterns) for url in islice(_filled(route, team), most)]
    return [url for url in dict.fromkeys(found) if "logout" not in url]


def _routes(patterns: Any, before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        here = before + _text_of(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here
        else:
            yield from _routes(pattern.url_patterns, here)


def _text_of(pattern: Any) -> str:
    if isinstance(pattern, RoutePattern):
        return str(pattern)
    text = CHOICE.sub(r"\1", GROUP.sub("<str:any>", str(pattern)))
    for sign in ("^", "$", "\\Z", "\\"):
        text = text.replace(sign, "")
    return text


def _filled(route: str, team: Team) -> Iterator[str]:
    holes = PLACEHOLDER.findall(route)
    for values in product(*(_values(kind, name, team) for kind, name in holes)):
        left = iter(values)
        yield PLACEHOLDER.sub(lambda _, left=left: str(next(left)), route)


def _values(kind: str, name: str, team: Team) -> list[Any]:
    if name == "team":
        return [team.slug]
    if kind == "uuid":
        return _public_ids(name)
    if name == "deed":
        return [*DEEDS, *KEY_DEEDS]
    return [1, "nothing"]


def _public_ids(name: str) -> list[Any]:
    """Of the model with that name; where there is none, one of each."""
    models = {model._meta.model_name: model for model in apps.get_app_config("leads").get_models()}
    having = {name: model for name, model in models.items() if hasattr(model, "public_id")}
    if name in having:
        return list(having[name].objects.values_list("public_id", flat=True)[:4])
    ids = [model.objects.values_list("public_id", flat=True).first() for model in having.values()]
    return [public_id for public_id in ids if public_id]
