"""A PostgreSQL cluster of the campaign's own: run by the postgres user on a free port."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
from pathlib import Path

from .stage import wait_until

LOOK_IN = Path("/usr/lib/postgresql")


class Cluster:
    """Its data lie on ``disk``, which may be small, so its log of changes is kept short."""

    def __init__(self, folder: Path, disk: Path) -> None:
        found = sorted(LOOK_IN.glob("*/bin/initdb"))
        if not found:
            raise SystemExit("--postgres needs PostgreSQL's own programs (Debian: postgresql).")
        self._bin = found[-1].parent
        self._data = disk / "cluster"
        self._log = folder / "postgres.log"
        folder.chmod(0o755)
        disk.chmod(0o755)
        self._data.mkdir(mode=0o700)
        self._log.touch()
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in (self._data, self._log):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._data}"
        options += " -c max_connections=200 -c min_wal_size=32MB -c max_wal_size=96MB"
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self._log), "-o", options)
        wait_until(self._accepts, "the database does not start")

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is as if the power had gone."""
        self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self._data))

    def revive(self) -> None:
        """Start it again if it ended by itself, as whatever looks after it would."""
        if not self._accepts() and self._program("pg_ctl", "status", "-D", str(self._data)):
            self.start()

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _run(self, program: str, *arguments: str) -> None:
        if code := self._program(program, *arguments):
            raise RuntimeError(f"{program} ended with {code}; see {self._log}")

    def _program(self, program: str, *arguments: str) -> int:
        command = [str(self._bin / program), *arguments]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        return subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, check=False).returncode
