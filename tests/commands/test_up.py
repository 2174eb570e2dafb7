"""The whole portal as an operator starts it, in a data folder and on a port of its own."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leadportal import bootstrap
from leads.management.commands import up
from tests.portal import free_port_pair

PATIENCE = 60  # seconds until something that should happen counts as missing


class Portal:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port_pair()
        self.log = data_dir / "up.log"
        self.processes: list[subprocess.Popen[bytes]] = []
        bootstrap.make_secrets(data_dir / "secrets.env", {})

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Without bootstrap: the packages this test runs with are the portal's own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        environ = {**kept, "PORTAL_DATA_DIR": str(self.data_dir), "DJANGO_SETTINGS_MODULE": "leadportal.settings"}
        with self.log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "django", "up", "--port", str(self.port), *arguments],
                cwd=bootstrap.BASE,
                env=environ,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def wait_until_ready(self) -> str:
        wait_until(lambda: "The lead portal is ready" in self.text(), self.text)
        return self.text()

    def text(self) -> str:
        return self.log.read_text()

    def status(self, path: str) -> int:
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            web.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            return web.getresponse().status
        except OSError:
            return 0
        finally:
            web.close()

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
            process.wait(timeout=PATIENCE)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    yield portal
    portal.close()


def wait_until(holds: Callable[[], bool], explain: Callable[[], str] = str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, f"it did not happen: {explain()}"
        time.sleep(0.05)


def children(parent: int) -> dict[str, int]:
    """Process ids of the supervised commands, by name."""
    table = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = re.findall(rf"^\s*(\d+)\s+{parent}\s.*manage\.py (\w+)", table, re.MULTILINE)
    return {name: int(pid) for pid, name in rows}


@pytest.mark.slow
def test_it_runs_the_portal_until_it_is_stopped(portal: Portal) -> None:
    process = portal.start()
    text = portal.wait_until_ready()
    assert f"http://localhost:{portal.port}" in text
    assert "demo team" in text
    assert "Traceback" not in text
    assert portal.status("/healthz") == 200
    assert not any(secret in text for secret in secrets_in(portal.data_dir))

    worker = children(process.pid)["worker"]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: children(process.pid).get("worker", worker) != worker, portal.text)
    assert "worker was killed by signal 9; starting it again" in portal.text()

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    assert portal.status("/healthz") == 0


@pytest.mark.slow
def test_it_starts_again_at_once_after_being_killed(portal: Portal) -> None:
    killed = portal.start("--no-demo")
    portal.wait_until_ready()
    killed.kill()
    killed.wait()
    portal.start("--no-demo")
    portal.wait_until_ready()
    assert portal.status("/healthz") == 200
    assert "demo team" not in portal.text()


@pytest.mark.slow
def test_it_refuses_to_run_twice_from_one_folder(portal: Portal) -> None:
    first = portal.start("--no-demo")
    portal.wait_until_ready()
    ready = portal.text()
    second = portal.start("--no-demo")
    assert second.wait(timeout=PATIENCE) == 1
    assert portal.text() == (
        f"The portal already runs from this folder (process {first.pid}): use that one, or stop it first.\n"
    )
    assert "Traceback" not in ready
    assert portal.status("/healthz") == 200


def secrets_in(data_dir: Path) -> list[str]:
    return [line.partition("=")[2] for line in (data_dir / "secrets.env").read_text().splitlines()]


def test_it_remembers_that_the_last_run_was_killed(tmp_path: Path) -> None:
    with up.take_lock(tmp_path / "up.lock") as lock:
        assert lock.read() == ""
        up.write_over(lock, "4711")  # and is killed
    with up.take_lock(tmp_path / "up.lock") as lock:
        assert lock.read() == "4711"
        up.write_over(lock, "")
    with up.take_lock(tmp_path / "up.lock") as lock:
        assert lock.read() == ""


def test_it_names_the_process_that_holds_the_folder(tmp_path: Path) -> None:
    with up.take_lock(tmp_path / "up.lock") as lock:
        up.write_over(lock, "4711")
        with pytest.raises(SystemExit, match="process 4711"):
            up.take_lock(tmp_path / "up.lock")


def test_it_refuses_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert not up.is_free(port)
        with pytest.raises(SystemExit, match=f"port {port}: choose a different one with --port"):
            up.wait_for_port(port, patient=False)
    up.wait_for_port(port, patient=False)


def test_it_waits_for_the_port_of_a_killed_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, False, True])
    monkeypatch.setattr(up, "is_free", lambda port: next(answers))
    up.wait_for_port(8000, patient=True)
    assert capsys.readouterr().out == "Waiting for the processes of an earlier run to stop ...\n"


def test_it_gives_the_sandbox_the_next_free_port_pair() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert up.free_port_after(taken - 1) > taken


@pytest.mark.parametrize("port", ["0", "65535", "99999", "web", "-1"])
def test_it_refuses_a_port_that_is_none(port: str) -> None:
    with pytest.raises(CommandError, match="is not a port between 1 and 65534"):
        call_command("up", f"--port={port}")


def test_it_shows_the_way_once() -> None:
    first = up.welcome("http://localhost:8000", 8000, 8001, is_first=True)
    later = up.welcome("https://portal.example.com", 8000, 8001, is_first=False)
    for words in ("http://localhost:8000", "http://127.0.0.1:8001/", "createteam", "addmember", "setkey", "Ctrl-C"):
        assert words in first
    assert later.splitlines() == [
        "The lead portal is ready: https://portal.example.com (listening on http://127.0.0.1:8000)",
        "Sandbox: http://127.0.0.1:8001/   Stop: Ctrl-C",
    ]
