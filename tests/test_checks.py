"""What the system checks say."""

from __future__ import annotations

from typing import Any

import pytest

from leads.checks import groups_name_teams_that_exist


@pytest.mark.parametrize(
    ("databases", "said"),
    [
        (["default"], ["OIDC_GROUPS names the team bakers, which does not exist."]),
        ([], []),
        (None, []),
    ],
)
def test_it_names_teams_of_groups_that_are_not_there(
    team: Any, settings: Any, databases: list[str] | None, said: list[str]
) -> None:
    settings.OIDC_GROUPS = (("a", "bakers", "admin"), ("b", "bakers", "member"), ("a", "brewers", "admin"))
    assert [message.msg for message in groups_name_teams_that_exist(None, databases=databases)] == said


def test_it_says_nothing_of_groups_before_there_are_tables(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OIDC_GROUPS = (("a", "bakers", "admin"),)
    monkeypatch.setattr("leads.checks.connection.introspection.table_names", list)
    assert groups_name_teams_that_exist(None, databases=["default"]) == []
