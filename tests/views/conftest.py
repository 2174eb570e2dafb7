"""What tests of pages need beside the cast."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from leads.audit import OPERATOR
from leads.breakcold.fields import AttributeKind
from leads.breakcold.sandbox.world import make_world
from leads.models import CustomAttribute, PickerOption, Team, User
from leads.services import keys, pickers

HTMX = {"HX-Request": "true"}


@dataclass
class Browser:
    """Somebody's browser, opened on one team."""

    client: Client
    team: Team

    def url(self, name: str, *args: Any) -> str:
        return reverse(name, args=[self.team.slug, *args])

    def get(self, name: str, *args: Any, query: str = "", **kwargs: Any) -> Any:
        return self.client.get(self.url(name, *args) + query, **kwargs)

    def post(self, name: str, *args: Any, data: Any = None, **kwargs: Any) -> Any:
        return self.client.post(self.url(name, *args), data or {}, **kwargs)

    def enter(self, data: dict[str, Any], **kwargs: Any) -> Any:
        """Send the entry form, filled in with ``data``."""
        return self.post("submission_new", data={"one_time_key": str(uuid4()), **data}, **kwargs)

    def act(self, submission: Any, deed: str, reason: str = "", **kwargs: Any) -> Any:
        return self.post("submission_act", submission.public_id, deed, data={"reason": reason}, **kwargs)


@pytest.fixture
def browse(team: Team, sign_in: Callable[[User], Client]) -> Callable[..., Browser]:
    """``browse(bob)``: Bob's browser on the team's pages. A page that crashes answers 500 instead of raising."""

    def make(user: User | None, where: Team = team) -> Browser:
        client = sign_in(user) if user else Client()
        client.raise_request_exception = False
        return Browser(client, where)

    return make


@pytest.fixture
def options(team: Team) -> dict[str, list[Any]]:
    """What the team can choose from, as the sandbox offers it, kept without asking it."""
    world = make_world()
    kinds = {"list": "lists", "status": "status", "tag": "tags", "owner": "members"}
    for kind, rows in kinds.items():
        for position, row in enumerate(world[rows]):
            name = row.get("full_name") or row.get("name") or row["handle"]
            PickerOption.objects.create(
                team=team,
                environment=team.environment,
                kind=kind,
                external_id=row["id"],
                name=name,
                color=row.get("color", ""),
                list_id=row.get("id_list", ""),
                position=position,
            )
    for position, row in enumerate(world["attributes"]):
        CustomAttribute.objects.create(
            team=team,
            environment=team.environment,
            external_id=row["id"],
            name=row["name"],
            kind=AttributeKind(row["type"]),
            is_multiple=row["isMultiSelect"],
            options=row["select_options"],
            position=position,
        )
    return world


def sync(team: Team) -> None:
    """Read the pickers and attributes from the team's own account, over the wire."""
    key = keys.find_current_key(team)
    with keys.client_for(key) as client:
        pickers.sync(key=key, read=client.get, actor=OPERATOR)


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))
