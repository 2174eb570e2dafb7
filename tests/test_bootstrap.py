"""The way from a bare Python to a running command, in trees of their own: neither this `.venv` nor `var` is touched."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from leadportal import bootstrap

NAMES = ["SECRET_KEY", "PORTAL_ENCRYPTION_KEYS", "PORTAL_AUDIT_KEY"]
BARE_PYTHON = getattr(sys, "_base_executable", sys.executable)
FAKE_DJANGO = {
    "django/__init__.py": "",
    "django/core/__init__.py": "",
    "django/core/exceptions.py": "class ImproperlyConfigured(Exception): pass\n",
    "django/core/management.py": """
import os, sys
from django.core.exceptions import ImproperlyConfigured
def execute_from_command_line(argv):
    if "bad" in argv:
        raise ImproperlyConfigured("DATABASE_URL is not an address.")
    print("ran", *argv[1:], "in", sys.prefix)
""",
    "pytest/__init__.py": "",
    "pytest/__main__.py": "import sys\nprint('pytest', *sys.argv[1:])\nsys.exit(3)\n",
    "portal_stub-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: portal-stub\nVersion: 1\n",
    "portal_stub-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


class Tree:
    """A checkout holding only what `manage.py` needs, and a package index holding one small wheel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        (folder / "leadportal").mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(bootstrap.BASE / "manage.py", folder)
        for name in ("__init__", "bootstrap", "lifeline"):
            shutil.copy(bootstrap.BASE / "leadportal" / f"{name}.py", folder / "leadportal")
        wheel = self.wheels / "portal_stub-1-py3-none-any.whl"
        build_wheel(wheel)
        line = f"portal-stub==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        self.requirements = folder / "requirements.txt"
        self.requirements.write_text(line)
        (folder / "requirements-dev.txt").write_text(line)
        self.venv = folder / ".venv"

    def environ(self, **extra: str) -> dict[str, str]:
        """No index but the wheels; nothing of what the test run itself was given."""
        own = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), **own, **extra}

    def offline(self) -> dict[str, str]:
        index = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_TIMEOUT": "1"}
        return {**self.environ(**index), "PIP_NO_INDEX": "0", "PIP_FIND_LINKS": ""}

    def start(self, *arguments: str, environ: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BARE_PYTHON, "manage.py", *arguments],
            cwd=self.folder,
            env=environ or self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, environ: dict[str, str] | None = None) -> tuple[int, str, str]:
        process = self.start(*arguments, environ=environ)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


def build_wheel(path: Path) -> None:
    record = "portal_stub-1.dist-info/RECORD"
    rows = "".join(f"{name},,\n" for name in [*FAKE_DJANGO, record])
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**FAKE_DJANGO, record: rows}.items():
            wheel.writestr(name, text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Set up once, as `up` leaves it. Tests that break it leave it broken: every `up` must mend it."""
    tree = Tree(tmp_path_factory.mktemp("portal") / "tree")
    code, out, err = tree.run("up")
    assert (code, err) == (0, "")
    assert out.startswith("Setting up (first run only) ...\n")
    assert out.endswith(f"ran up in {tree.venv}\n")
    return tree


@pytest.fixture
def empty_tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree")


def test_it_changes_the_stamp_with_packages_and_python(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("one\n")
    first = bootstrap.stamp(file, "cpython-311")
    assert first == bootstrap.stamp(file, "cpython-311")
    assert first != bootstrap.stamp(file, "cpython-312")
    file.write_text("two\n")
    assert first != bootstrap.stamp(file, "cpython-311")


def test_it_makes_secrets_that_only_the_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secrets.env"
    bootstrap.make_secrets(file, {})
    pairs = dict(line.split("=", 1) for line in file.read_text().splitlines())
    assert list(pairs) == NAMES
    assert len(base64.urlsafe_b64decode(pairs["PORTAL_ENCRYPTION_KEYS"])) == 32
    assert min(len(pairs[name]) for name in NAMES) >= 40
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(file.parent) == ["secrets.env"]


def test_it_never_writes_over_secrets(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    file.write_text("SECRET_KEY=mine\n")
    bootstrap.make_secrets(file, {})
    bootstrap._create_once(file, "SECRET_KEY=of another start\n")
    assert file.read_text() == "SECRET_KEY=mine\n"
    assert os.listdir(tmp_path) == ["secrets.env"]


def test_it_leaves_out_secrets_the_environment_has(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    bootstrap.make_secrets(file, {"SECRET_KEY": "given", "PORTAL_AUDIT_KEY_FILE": "/run/audit"})
    assert file.read_text().startswith("PORTAL_ENCRYPTION_KEYS=")
    assert file.read_text().count("=") == 2  # the name's own and the padding of 32 bytes in base64
    bootstrap.make_secrets(tmp_path / "none.env", dict.fromkeys(NAMES, "given"))
    assert not (tmp_path / "none.env").exists()


def test_it_takes_the_data_folder_from_the_environment(tmp_path: Path) -> None:
    assert bootstrap.data_dir({}) == bootstrap.BASE / "var"
    assert bootstrap.data_dir({"PORTAL_DATA_DIR": ""}) == bootstrap.BASE / "var"
    assert bootstrap.data_dir({"PORTAL_DATA_DIR": str(tmp_path)}) == tmp_path


def test_it_says_what_to_install_without_ensurepip(empty_tree: Tree) -> None:
    hidden = "import sys; sys.modules['ensurepip'] = None; sys.argv = ['manage.py', 'up']; import manage; manage.main()"
    answer = subprocess.run(
        [BARE_PYTHON, "-c", hidden], cwd=empty_tree.folder, env=empty_tree.environ(), capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert "apt install python3-venv" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_it_sends_other_commands_to_up_first(empty_tree: Tree) -> None:
    code, out, err = empty_tree.run("backup", "file", environ=empty_tree.environ(PYTHONNOUSERSITE="1"))
    assert (code, out) == (1, "")
    assert err == "The lead portal is not set up yet: run `python3 manage.py up` first.\n"


def test_it_explains_an_unreachable_index(empty_tree: Tree) -> None:
    code, _, err = empty_tree.run("up", environ=empty_tree.offline())
    assert code == 1
    assert err.startswith("Could not install the packages of requirements.txt: pip needs the network")
    assert "No matching distribution found for portal-stub==1" in err
    assert "Traceback" not in err


def test_it_refuses_a_package_with_another_hash(empty_tree: Tree) -> None:
    empty_tree.requirements.write_text(f"portal-stub==1 --hash=sha256:{'0' * 64}\n")
    code, _, err = empty_tree.run("up")
    assert code == 1
    assert "DO NOT MATCH THE HASHES" in err


def test_it_lets_two_starts_share_one_set_up(empty_tree: Tree) -> None:
    starts = [empty_tree.start("up") for _ in range(2)]
    outputs = [start.communicate(timeout=120)[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0]
    assert sum("Setting up" in out for out in outputs) == 1
    assert all(out.endswith(f"ran up in {empty_tree.venv}\n") for out in outputs)


def test_it_does_not_call_pip_twice(tree: Tree) -> None:
    tree.run("up")
    code, out, err = tree.run("up", environ=tree.offline())
    assert (code, out, err) == (0, f"ran up in {tree.venv}\n", "")


def test_it_runs_every_command_in_the_environment(tree: Tree) -> None:
    tree.run("up")
    assert tree.run("backup", "file") == (0, f"ran backup file in {tree.venv}\n", "")


def test_it_passes_on_what_pytest_says(tree: Tree) -> None:
    tree.run("up")
    code, out, _ = tree.run("test", "-k", "two words")
    assert (code, out.splitlines()[-1]) == (3, "pytest -k two words")


def test_it_runs_the_fault_campaign_beside_every_portal(tree: Tree) -> None:
    (tree.folder / "bench").mkdir()
    (tree.folder / "bench" / "faults.py").write_text("import sys\nprint('campaign', *sys.argv[1:])\n")
    code, out, _ = tree.run("faults", "--seed", "7")
    assert (code, out.splitlines()[-1]) == (0, "campaign --seed 7")


@pytest.mark.parametrize("command", ["up", "check"])
def test_it_prints_a_wrong_setting_as_one_sentence(tree: Tree, command: str) -> None:
    tree.run("up")
    assert tree.run(command, "bad") == (1, "", "DATABASE_URL is not an address.\n")


def test_it_installs_again_when_the_requirements_changed(tree: Tree) -> None:
    tree.run("up")
    with tree.requirements.open("a") as file:
        file.write("# a newer pin\n")
    assert tree.run("up")[:2] == (0, f"Updating the installed packages ...\nran up in {tree.venv}\n")


def test_it_keeps_running_commands_when_an_update_is_offline(tree: Tree) -> None:
    tree.run("up")
    with tree.requirements.open("a") as file:
        file.write("portal-missing==1 --hash=sha256:00\n")
    assert tree.run("up", environ=tree.offline())[0] == 1
    assert tree.run("backup")[0] == 0
    tree.requirements.write_text(tree.requirements.read_text().replace("portal-missing==1 --hash=sha256:00\n", ""))
    assert tree.run("up")[0] == 0


@pytest.mark.parametrize("damage", ["interpreter", "interrupted pip", "unfinished"])
def test_it_mends_a_broken_environment(tree: Tree, damage: str) -> None:
    tree.run("up")
    if damage == "interpreter":
        (tree.venv / "bin" / "python").unlink()
        (tree.venv / "bin" / "python").symlink_to(tree.folder / "gone")
    elif damage == "interrupted pip":
        (tree.venv / "portal-installing").touch()
    else:
        shutil.rmtree(tree.venv / "lib")
        (tree.venv / "portal-requirements.txt.stamp").unlink()
    code, out, err = tree.run("up")
    assert (code, err) == (0, "")
    assert out == f"Setting up (first run only) ...\nran up in {tree.venv}\n"
