"""Reading in a process of its own: whatever happens there, here it is a sheet or a reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from leads.sheets import Unreadable, apart, read_in_child

from .files import parts, row, saved, workbook, worksheet, zipped

LONG = 60  # seconds: more than a busy machine needs


def test_it_passes_the_reason_on(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"^There are headings but no rows below them\.$"):
        read_in_child(saved(tmp_path, b"a,b\n", "x.csv"), name="x.csv", seconds=LONG)


def test_it_says_so_when_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        read_in_child(tmp_path / "gone.csv", name="gone.csv", seconds=LONG)


def test_it_ends_the_process_when_the_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"took longer than 0\.001 seconds"):
        read_in_child(saved(tmp_path, b"a,b\n1,2\n", "x.csv"), name="x.csv", seconds=0.001)


def test_it_says_so_when_the_processor_s_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is set by the process itself; here it ends as one that reaches it does."""
    monkeypatch.setattr(apart, "_PROGRAM", "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    with pytest.raises(Unreadable, match="took longer than 5 seconds"):
        read_in_child(tmp_path / "x.csv", name="x.csv")


def test_it_sets_its_limits_before_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = "[list(resource.getrlimit(which)) for which in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)]"
    program = "import json, resource; \n"
    program += f"child._write = lambda *_: print(json.dumps({{'unreadable': str({limits})}}), flush=True)\n"
    start, end = apart._PROGRAM.split("child.main", 1)
    monkeypatch.setattr(apart, "_PROGRAM", f"{start}{program}child.main{end}")
    with pytest.raises(Unreadable, match=r"^\[\[7, 8\], \[0, 0\]\]$"):
        read_in_child(tmp_path / "x.csv", name="x.csv", seconds=6.5)


def test_it_takes_no_more_memory_than_allowed(tmp_path: Path) -> None:
    """A text of thirty thousand letters that 100,000 cells name: three gigabytes out of a small file."""
    columns = [chr(ord("A") + index) for index in range(20)]
    rows = "".join(
        f'<row r="{number}">' + "".join(f'<c r="{name}{number}" t="s"><v>0</v></c>' for name in columns) + "</row>"
        for number in range(1, 5_000)
    )
    shared = f"<si><t>{'long ' * 6_000}</t></si>"
    path = saved(tmp_path, zipped(parts({"Leads": worksheet(rows)}, shared=shared)))
    with pytest.raises(Unreadable, match="more memory than is allowed"):
        read_in_child(path, name="leads.xlsx", seconds=LONG)


def test_it_says_so_when_text_takes_too_much_memory(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a,b\n" + b"one,two\n" * 9_000, "x.csv")
    with pytest.raises(Unreadable, match="more memory than is allowed"):
        read_in_child(path, name="x.csv", seconds=LONG, memory_mib=1)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["nonsense"],
        [[1, "a"]],
        [{"headings": ["a"]}, [2, "a", "b"]],
        [{"headings": ["a"]}, "row"],
        [{"headings": ["a"]}, ["x", "a"]],
        [{"headings": ["a"]}, [2, "a"], {"rows": 2}],
        [{"headings": 7}],
        [{"headings": ["a"]}, {"rows": 0}],
        [{"headings": ["a"], "notes": [["x"]]}, {"rows": 0}],
    ],
)
def test_it_believes_nothing_that_is_not_a_sheet(
    lines: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "".join(json.dumps(line) + "\n" for line in lines)
    monkeypatch.setattr(apart, "_PROGRAM", f"import sys; sys.stdout.write({said!r})")
    with pytest.raises(Unreadable):
        read_in_child(tmp_path / "x.csv", name="x.csv", seconds=LONG)


def test_it_listens_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_PROGRAM", "while True: print('x' * 100_000)")
    with pytest.raises(Unreadable, match="more memory"):
        read_in_child(tmp_path / "x.csv", name="x.csv", seconds=LONG)


def test_the_process_has_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_AUDIT_KEY", "a-secret-of-ours")
    monkeypatch.setattr(apart, "_PROGRAM", "import json, os; print(json.dumps({'unreadable': ' '.join(os.environ)}))")
    with pytest.raises(Unreadable) as caught:
        read_in_child(tmp_path / "x.csv", name="x.csv", seconds=LONG)
    assert "PORTAL_AUDIT_KEY" in os.environ
    assert not {name for name in str(caught.value).split() if name.startswith(("PORTAL", "SECRET", "DATABASE"))}


def test_a_name_is_only_a_name(tmp_path: Path) -> None:
    path = saved(tmp_path, workbook({"Leads": worksheet(row(1, "a") + row(2, "b"))}))
    for name in ("--help", "-c", "", "x\0y", "../../etc/passwd", "n" * 5_000):
        assert read_in_child(path, name=name, seconds=LONG).rows == [["b"]]
