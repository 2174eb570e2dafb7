"""Real processes, watched by a real supervisor in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leadportal import bootstrap, supervisor

PATIENCE = 60  # seconds until something that should happen counts as missing

# Each stand-in notes its process id first, so that a test can find it.
NOTE = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
FOLLOW = "from leadportal import lifeline; lifeline.follow_parent(); "
STAYS = NOTE + FOLLOW + "print('here', flush=True); time.sleep(600)"
DIES = NOTE + "sys.exit(7)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + NOTE + FOLLOW + "time.sleep(600)"
# As a web server does: the worker is tied to the server, not to the supervisor.
SERVER = (
    FOLLOW
    + "import os, subprocess, sys, time; os.environ[lifeline.VARIABLE] = lifeline.ticket(1); "
    + f"subprocess.Popen([sys.executable, '-c', {STAYS!r}, sys.argv[1]]); "
    + NOTE
    + "time.sleep(600)"
)
# Who runs the tests under nohup hands down that SIGHUP is not listened to.
RUN = """
import json, os, signal, sys
from leadportal.supervisor import Child, Supervisor
signal.signal(signal.SIGHUP, signal.SIG_DFL)
rows, seconds = json.loads(sys.argv[1]), float(sys.argv[2])
children = [Child(name, [sys.executable, "-c", *rest], stop_seconds=seconds) for name, *rest in rows]
Supervisor(children, os.environ).run()
"""


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[int] = set()

    def start(self, stop_seconds: float = 1, **scripts: str) -> None:
        children = [(name, script, str(self.folder / name)) for name, script in scripts.items()]
        self.output = (self.folder / "output").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, json.dumps(children), str(stop_seconds)],
            cwd=bootstrap.BASE,
            env={**os.environ, "PYTHONPATH": str(bootstrap.BASE)},
            stdout=self.output,
        )

    def pids(self, name: str, count: int = 1) -> list[int]:
        """The processes that took this name so far, once there are as many."""
        wait_until(lambda: len(self._noted(name)) >= count)
        self.seen.update(self._noted(name))
        return self._noted(name)

    def _noted(self, name: str) -> list[int]:
        file = self.folder / name
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def text(self) -> str:
        return (self.folder / "output").read_text()

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()
        for pid in filter(is_alive, self.seen):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process nobody waited for yet is only an entry in the table.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def gone(*pids: int) -> Callable[[], bool]:
    return lambda: not any(is_alive(pid) for pid in pids)


@pytest.mark.parametrize(
    ("previous", "lived", "delay"),
    [
        (0, 0.1, 0.5),  # the first death
        (0.5, 0.1, 1),
        (1, 59, 2),
        (16, 0.1, 30),
        (30, 0.1, 30),
        (30, 60, 0.5),  # it had settled
    ],
)
def test_it_waits_longer_for_a_child_that_keeps_dying(previous: float, lived: float, delay: float) -> None:
    assert supervisor.next_delay(previous, lived) == delay


def test_it_restarts_a_killed_child(stage: Stage) -> None:
    stage.start(web=STAYS, worker=STAYS)
    (first,), (other,) = stage.pids("web"), stage.pids("worker")
    os.kill(first, signal.SIGKILL)
    _, second = stage.pids("web", 2)
    assert is_alive(second)
    assert is_alive(other)
    assert "web was killed by signal 9; starting it again in 0.5 s\n" in stage.text()


def test_it_backs_off_from_a_child_that_dies_at_once(stage: Stage) -> None:
    stage.start(worker=DIES)
    stage.pids("worker", 3)
    messages = [line for line in stage.text().splitlines() if line.startswith("worker ended")]
    assert messages[:2] == [
        "worker ended with exit code 7; starting it again in 0.5 s",
        "worker ended with exit code 7; starting it again in 1 s",
    ]


def test_it_names_the_child_that_speaks(stage: Stage) -> None:
    stage.start(web=STAYS, worker=STAYS)
    wait_until(lambda: {"web | here", "worker | here"} <= set(stage.text().splitlines()))
    stage.pids("web")
    stage.pids("worker")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_everything_on_a_signal(stage: Stage, number: signal.Signals) -> None:
    stage.start(web=SERVER, worker=STAYS)
    pids = [*stage.pids("web", 2), *stage.pids("worker")]
    assert stage.stop(number) == 0
    wait_until(gone(*pids))


def test_it_kills_a_child_that_does_not_stop(stage: Stage) -> None:
    stage.start(worker=STUBBORN)
    (pid,) = stage.pids("worker")
    assert stage.stop(signal.SIGTERM) == 0
    wait_until(gone(pid))


def test_it_stops_at_once_on_a_second_interrupt(stage: Stage) -> None:
    stage.start(stop_seconds=600, worker=STUBBORN)
    (pid,) = stage.pids("worker")
    stage.process.send_signal(signal.SIGINT)
    wait_until(lambda: "Stopping" in stage.text())
    assert stage.stop(signal.SIGINT) == 0
    wait_until(gone(pid))


def test_it_ends_with_a_killed_supervisor(stage: Stage) -> None:
    stage.start(web=SERVER, worker=STUBBORN)
    pids = [*stage.pids("web", 2), *stage.pids("worker")]
    stage.stop(signal.SIGKILL)
    wait_until(gone(*pids))


def test_it_takes_a_servers_worker_along(stage: Stage) -> None:
    stage.start(web=SERVER)
    server, worker = leader_first(stage.pids("web", 2))
    os.kill(server, signal.SIGKILL)
    wait_until(gone(worker))
    stage.pids("web", 4)


def test_it_leaves_no_worker_when_supervisor_and_server_die_together(stage: Stage) -> None:
    stage.start(web=SERVER)
    server, worker = leader_first(stage.pids("web", 2))
    os.kill(stage.process.pid, signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    wait_until(gone(worker))


def leader_first(pids: list[int]) -> list[int]:
    """The server before its worker: it leads the process group that both are in."""
    return sorted(pids, key=lambda pid: os.getpgid(pid) != pid)
