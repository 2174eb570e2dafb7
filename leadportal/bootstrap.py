"""From a bare Python to a running manage.py: `.venv`, the pinned packages, the secrets. Standard library only."""

import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

BASE = Path(__file__).resolve().parent.parent
DATABASE_NAME = "portal.sqlite3"  # unless DATABASE_URL says otherwise
VENV = BASE / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME = BASE / "requirements.txt"
DEVELOPMENT = BASE / "requirements-dev.txt"
INSTALLING = VENV / "portal-installing"  # there while pip works: left behind, it says that pip was interrupted
DEVELOPERS = {"test": "pytest", "faults": "bench.faults"}  # commands that need no portal, and what they run
REEXECUTED = "PORTAL_REEXECUTED"
PIP_LINES = 8  # of a failed pip, shown to the operator


def enter(arguments: list[str]) -> None:
    """Return only when this process can import Django; otherwise replace the process, or end it with one sentence."""
    command = arguments[0] if arguments else ""
    try:
        if command == "up":
            make_ready(RUNTIME)
            make_secrets(data_dir() / "secrets.env")
        elif command in DEVELOPERS:
            make_ready(RUNTIME, DEVELOPMENT)
            os.chdir(BASE)
            _execute([str(PYTHON), "-m", DEVELOPERS[command], *arguments[1:]])
    except OSError as error:
        sys.exit(f"Could not set up the lead portal: {error}")
    if is_complete():
        _continue_in_venv()
    if importlib.util.find_spec("django") is None:
        sys.exit("The lead portal is not set up yet: run `python3 manage.py up` first.")


# The virtual environment


def in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def is_complete() -> bool:
    """Whether some earlier run has finished here, and its interpreter is still there."""
    return PYTHON.exists() and stamp_file(RUNTIME).exists() and not INSTALLING.exists()


def make_ready(*requirements: Path) -> None:
    if _outdated(requirements):
        _exit_on(signal.SIGTERM)  # so that a pip we started goes with us
        with _only_one() as lock:
            _install(_outdated(requirements), lock)  # whoever held the lock may have done it all


def _install(requirements: list[Path], lock: int) -> None:
    if not requirements:
        return
    if not is_complete() or _cache_tag() == "":
        print("Setting up (first run only) ...", flush=True)
        _make_venv()
    else:
        print("Updating the installed packages ...", flush=True)
    tag = _cache_tag()
    for file in requirements:
        _run_pip(file, lock)
        stamp_file(file).write_text(stamp(file, tag))


def _outdated(requirements: tuple[Path, ...]) -> list[Path]:
    tag = _cache_tag() if is_complete() else ""
    if not tag:
        return list(requirements)
    return [file for file in requirements if not _has_stamp(file, stamp(file, tag))]


def stamp(requirements: Path, cache_tag: str) -> str:
    """Changes with the wanted packages and with the Python version they were installed for."""
    return hashlib.sha256(cache_tag.encode() + b"\0" + requirements.read_bytes()).hexdigest()


def stamp_file(requirements: Path) -> Path:
    return VENV / f"portal-{requirements.name}.stamp"


def _has_stamp(requirements: Path, wanted: str) -> bool:
    file = stamp_file(requirements)
    return file.exists() and file.read_text() == wanted


def _cache_tag() -> str:
    """Such as "cpython-311"; empty when the environment's interpreter does not run or is not the version it was."""
    if in_venv():
        return sys.implementation.cache_tag or ""
    code = "import sys, pip; print(sys.implementation.cache_tag)"
    try:
        answer = subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _make_venv() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        sys.exit(
            "This Python cannot make virtual environments: run `apt install python3-venv`"
            " (or what your system calls it), then try again."
        )
    if VENV.is_symlink():  # clearing it would empty a folder elsewhere
        VENV.unlink()
    base_python = getattr(sys, "_base_executable", None) or sys.executable
    answer = _captured([base_python, "-m", "venv", "--clear", str(VENV)])
    if answer.returncode:
        sys.exit(f"Could not create {VENV}. The last lines were:\n{_last_lines(answer.stdout)}")


def _run_pip(requirements: Path, lock: int) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    INSTALLING.touch()
    # pip holds the lock as well: if this process is killed, the next one waits for its pip to end.
    answer = _captured([*command, "-r", str(requirements)], pass_fds=(lock,))
    if answer.returncode >= 0:
        INSTALLING.unlink()
    if answer.returncode:
        sys.exit(
            f"Could not install the packages of {requirements.name}: pip needs the network or a local package index."
            f" Its last lines were:\n{_last_lines(answer.stdout)}"
        )


def _captured(command: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=pass_fds,
    )


def _last_lines(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(f"  {line}" for line in lines[-PIP_LINES:])


@contextlib.contextmanager
def _only_one() -> Iterator[int]:
    """One process at a time changes `.venv`. The lock is on manage.py, so it leaves no file behind."""
    with (BASE / "manage.py").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another start is setting up; waiting for it ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _exit_on(signum: signal.Signals) -> None:
    signal.signal(signum, lambda number, _frame: sys.exit(128 + number))


def _continue_in_venv() -> None:
    if in_venv():
        os.environ.pop(REEXECUTED, None)
        return
    if os.environ.get(REEXECUTED):
        sys.exit(f"{PYTHON} does not use its own packages: is PYTHONHOME set?")
    os.environ[REEXECUTED] = "1"
    _execute([str(PYTHON), *sys.orig_argv[1:]])


def _execute(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)


# The data folder and the secrets in it


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where everything lives that is not code; the settings name the same folder."""
    return Path(environ.get("PORTAL_DATA_DIR") or BASE / "var").expanduser().resolve()


def make_secrets(file: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Write fresh secrets for the names the environment lacks. A file that exists is never touched."""
    if file.exists():
        return
    made = {name: value for name, value in _fresh_secrets().items() if not _is_given(name, environ)}
    if not made:
        return
    if (file.parent / DATABASE_NAME).exists():  # fresh keys would open nothing that is in it
        sys.exit(f"{file} is gone, but there is a database beside it: put it back from your backup.")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _create_once(file, "".join(f"{name}={value}\n" for name, value in made.items()))


def _fresh_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORTAL_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PORTAL_AUDIT_KEY": secrets.token_urlsafe(32),
    }


def _is_given(name: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def _create_once(file: Path, text: str) -> None:
    """The file appears complete or not at all, and only the first of several writers makes it."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(handle)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
