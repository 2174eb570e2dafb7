"""What is installed is what was looked at, and no secret lies in the code."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

from leadportal.bootstrap import BASE

LOCKS = [*BASE.glob("requirements*.txt"), *(BASE / ".ci").glob("requirements*.txt")]
CI = (BASE / ".ci" / "run").read_text()


def locked(path: Path) -> dict[str, str]:
    """What a lock names, with its version."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ]+)", path.read_text(), re.MULTILINE))


def test_everything_that_is_installed_is_pinned_and_hashed() -> None:
    assert {path.name for path in LOCKS} >= {"requirements.txt", "requirements-dev.txt", "requirements-sentry.txt"}
    for path in LOCKS:
        text = re.sub(r"(?m)^\s*#.*\n", "", path.read_text()).replace("\\\n", "")
        for line in filter(None, map(str.strip, text.splitlines())):
            assert re.match(r"[a-z0-9._-]+==\S+( ; .*)? +--hash=sha256:[0-9a-f]{64}", line), (path.name, line[:60])
            assert "://" not in line, (path.name, line[:60])
        wanted = path.with_suffix(".in").read_text()
        assert not re.search(r"^(?!#).*(://|git\+|--index|--find-links)", wanted, re.MULTILINE), path.name


def test_what_a_package_is_called_for_is_the_same_everywhere() -> None:
    product = locked(BASE / "requirements.txt")
    assert "lxml" not in product and "sentry-sdk" not in product
    for name in ("requirements-dev.txt", "requirements-sentry.txt"):
        other = locked(BASE / name)
        assert {key: other[key] for key in other.keys() & product.keys()} == {
            key: product[key] for key in other.keys() & product.keys()
        }
    sentry = locked(BASE / "requirements-sentry.txt")
    assert sentry.items() <= (product | locked(BASE / "requirements-dev.txt")).items()


def test_the_pages_load_no_script_and_no_style_from_elsewhere() -> None:
    """What browsers run comes with the packages and the code, under their hashes."""
    for path in (BASE / "static").rglob("*.*"):
        if path.suffix in (".css", ".js"):
            assert not re.search(r"(?:import|url\(|fetch\()\s*[\"'(]?(?:https?:)?//", path.read_text()), path.name


def found(text: str, folder: Path) -> list[str]:
    file = folder / "settings.txt"
    file.write_text(text)
    plugin = {"name": "PortalSecretDetector", "path": f"file://{BASE / '.ci' / 'secret_patterns.py'}"}
    with transient_settings({"plugins_used": [plugin]}):
        return [secret.type for secret in scan_file(str(file))]


@pytest.mark.parametrize("prefix", ["breakcold-usr-", "lpt_", "lpi_", "whsec_", "SECRET_KEY="])
def test_a_planted_secret_is_found(prefix: str, tmp_path: Path) -> None:
    planted = "".join(_letters(43))
    for line in (f"{prefix}{planted}", f'key = "{prefix}{planted}"', f"curl -H 'X-API-KEY: {prefix}{planted}'"):
        assert found(line, tmp_path) == ["Secret of the portal"], prefix
    assert found(f"{prefix}canary", tmp_path) == [] and found(f"{prefix}...", tmp_path) == []


def _letters(count: int) -> Iterator[str]:
    for _ in range(count):
        yield secrets.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ")


def test_the_checks_look_for_all_of_it() -> None:
    hooks = (BASE / ".pre-commit-config.yaml").read_text()
    for wanted in (".ci/find_secrets", ".venv/bin/bandit"):
        assert wanted in CI and wanted in hooks
    assert "PortalSecretDetector" in (BASE / ".secrets.baseline").read_text()
