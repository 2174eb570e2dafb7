"""The table of docs/security.md is whole: every threat has a control that is there, and a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from leadportal.bootstrap import BASE

PAGE = (BASE / "docs" / "security.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+ \|", line)
]
PATH = re.compile(r"`([\w.-]+/[\w./-]*|requirements\.txt)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def functions_in(path: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse((BASE / path).read_text())) if isinstance(node, ast.FunctionDef)}


def test_it_has_every_threat_once() -> None:
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(1, 46))
    assert {len(row) for row in ROWS} == {5}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("| "))
def test_a_row_names_what_is_there(row: list[str]) -> None:
    _, threat, control, shown, asvs = row
    assert len(threat) > 10 and re.fullmatch(r"(V?\d+(\.\d+)*(, )?)+", asvs)
    files = PATH.findall(control)
    assert [path for path in files if not (BASE / path).exists()] == []
    assert files, "a control stands in a file"
    tests = TEST.findall(shown)
    assert tests and len(tests) == shown.count("`tests/") == shown.count("`") // 2
    assert [f"{path}::{name}" for path, name in tests if name not in functions_in(path)] == []


def test_the_page_is_found_and_speaks_of_updates_and_of_what_is_kept() -> None:
    assert "docs/security.md" in (BASE / "README.md").read_text()
    for name in re.findall(r"\]\((?:(\w+\.md))?(?:#[\w-]+)?\)", PAGE):
        assert not name or (BASE / "docs" / name).exists(), name
    assert "--require-hashes" in PAGE and ".ci/sbom" in PAGE and "## What is kept" in PAGE
