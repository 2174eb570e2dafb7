"""What stands in ``deploy/`` cannot be run here; it is read, and compared with what the portal really has."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from leadportal.bootstrap import BASE
from leads.management.commands import up
from leads.sheets import MAX_BYTES

DEPLOY = BASE / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = ("setup", "web", "worker")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SETTINGS = set(re.findall(r"^\| `([A-Z_]+)` \|", (BASE / "docs" / "settings.md").read_text(), re.MULTILINE))
SETUP = ["migrate --no-input", "createcachetable", "collectstatic --no-input"]


def unit(path: Path) -> dict[str, list[str]]:
    """The [Service] of a unit; a name may stand there several times."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().partition("[Service]")[2].partition("\n[")[0].splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def commands_in(text: str) -> list[str]:
    return re.findall(r"manage\.py (\w+)", text)


def test_every_setting_it_sets_is_one_of_the_portal_s():
    for name in OURS:
        names = {key.removesuffix("_FILE") for key in COMPOSE["services"][name]["environment"]}
        assert names <= SETTINGS, name
    said = re.findall(r"^\s+# (\w+): \S+$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE)
    assert said == ["PORTAL_QUEUE", "REDIS_URL"] and set(said) <= SETTINGS
    for path in UNITS:
        assert {text.partition("=")[0] for text in unit(path)["Environment"]} <= SETTINGS
    assert "PORTAL_DATA_DIR=/data" in (DEPLOY / "Dockerfile").read_text()


def test_every_command_it_runs_is_there():
    texts = [path.read_text() for path in (*UNITS, DEPLOY / "compose.yaml")]
    found = {name for text in texts for name in commands_in(text)}
    assert {"web", "worker", "backup", "migrate"} <= found | {"web", "worker"}
    assert found <= set(get_commands())
    assert COMPOSE["services"]["worker"]["command"] == ["worker"]
    assert 'CMD ["web", "--host", "0.0.0.0"]' in (DEPLOY / "Dockerfile").read_text()


def test_both_ways_prepare_the_same_as_up():
    assert [
        line.removeprefix("python manage.py ") for line in COMPOSE["services"]["setup"]["command"][0].split("\n")[:-1]
    ] == SETUP
    starts = unit(DEPLOY / "systemd" / "portal-setup.service")["ExecStart"]
    assert [line.partition("manage.py ")[2] for line in starts] == SETUP
    source = Path(up.__file__).read_text()
    assert all(f'call_command("{line.split()[0]}"' in source for line in SETUP)


def test_no_container_of_ours_can_write_its_own_code_or_gain_rights():
    for name in (*OURS, "front", "redis"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert dockerfile.index("\nUSER 10001\n") > dockerfile.rindex("\nRUN ") and "--uid 10001 " in dockerfile
    assert "--require-hashes" in dockerfile and "/healthz" in dockerfile.partition("HEALTHCHECK")[2]


def test_no_secret_is_in_it_and_only_the_front_is_reachable():
    for name, service in COMPOSE["services"].items():
        assert bool(service.get("ports")) == (name == "front")
        for key, value in (service.get("environment") or {}).items():
            if re.search(r"SECRET|KEY|PASSWORD|DATABASE_URL", key):
                assert key.endswith("_FILE") and value.startswith("/run/secrets/"), (name, key)
                assert Path(value).name in service["secrets"] and Path(value).name in COMPOSE["secrets"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["services"]["database"]["networks"] == ["inside"]
    ignored = (BASE / ".gitignore").read_text().splitlines()
    assert {"deploy/secrets/", "deploy/tls/"} <= set(ignored)


def test_what_the_image_takes_in_is_there_and_let_through():
    let_through = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = set(re.findall(r"^COPY (?!--)(\S+) /", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == let_through and all((BASE / name).exists() for name in copied)


def test_a_worker_has_time_to_finish_its_call():
    assert COMPOSE["services"]["worker"]["stop_grace_period"] == "30s"
    stop = int(unit(DEPLOY / "systemd" / "portal-worker.service")["TimeoutStopSec"][0])
    assert stop >= up.WORKER_STOP_SECONDS


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_as_nobody_special_and_may_write_its_own_folder_alone(path):
    configparser.RawConfigParser(strict=False).read_string(path.read_text())
    said = unit(path)
    assert said["User"] == ["portal"] and said["NoNewPrivileges"] == ["true"] and said["ProtectSystem"] == ["strict"]
    assert said["UMask"] == ["0077"] and said["StateDirectory"] == ["lead-portal"]


def test_the_front_lets_nobody_choose_an_address_and_every_import_through():
    text = (DEPLOY / "front" / "portal.conf").read_text()
    assert "underscores_in_headers off;" in text and text.count("{") == text.count("}")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "proxy_set_header X-Forwarded-Proto https;" in text and "proxy_set_header Host $host;" in text
    most = re.search(r"client_max_body_size (\d+)m;", text)
    assert most and int(most[1]) * 1024 * 1024 > MAX_BYTES
    assert "location = /metrics" in text


def test_the_page_speaks_of_every_file_service_and_setting():
    page = (BASE / "docs" / "deployment.md").read_text()
    names = [path.name for path in DEPLOY.rglob("*") if path.is_file()]
    settings = [key for name in COMPOSE["services"].values() for key in name.get("environment") or {}]
    wanted = [*names, *COMPOSE["services"], *settings, *COMPOSE["volumes"]]
    assert [name for name in wanted if f"{name}`" not in page] == []
