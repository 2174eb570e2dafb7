"""How long spreadsheets take to read and to write, and how much memory at most.

    .venv/bin/python -m bench.spreadsheets

Reads files of 10,000 rows, and some that are made to hurt, as an import does: in a process of its own. Then exports
10,000 and 100,000 leads, whose memory must be about the same. In a folder and a database that it removes again.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from leads.sheets import MAX_ROWS, Unreadable, csv_rows, read_in_child, xlsx_file

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 20
LEADS = (10_000, 100_000)
MIB = 1024  # kilobytes, as the kernel counts


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'read':<34} {'seconds':>8} {'MiB apart':>10} {'MiB here':>9}")
        for what, path in files(folder):
            seconds, apart, here, said = json.loads(
                subprocess.run(
                    [sys.executable, "-m", "bench.spreadsheets", str(path)], cwd=ROOT, check=True, capture_output=True
                ).stdout
            )
            print(f"{what:<34} {seconds:>8.2f} {apart / MIB:>10.0f} {here / MIB:>9.0f}  {said}")
        print(f"\n{'exported':<34} {'seconds':>8} {'MiB':>10}")
        for what, seconds, peak in exported(folder):
            print(f"{what:<34} {seconds:>8.2f} {peak / MIB:>10.0f}")


def read_one(path: Path) -> None:
    begun = time.perf_counter()
    try:
        said = f"{len(read_in_child(path, name=path.name).rows):,} rows"
    except Unreadable as exc:
        said = str(exc)
    seconds = time.perf_counter() - begun
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    print(json.dumps([seconds, *peaks, said]))


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Made one by one: what is measured shares the machine with nothing else of this."""
    headings = [f"Heading {number}" for number in range(COLUMNS)]
    rows = list(some_rows(MAX_ROWS))
    path = folder / "leads.csv"
    path.write_bytes(b"".join(csv_rows(headings, rows)))
    yield f"CSV, 10,000 x {COLUMNS}", path
    path = folder / "leads.xlsx"
    with path.open("wb") as file:
        xlsx_file(headings, rows, file)
    yield f"XLSX, 10,000 x {COLUMNS}", path
    with_formulas = folder / "formulas.xlsx"
    changed(path, with_formulas, b"<is><t>", b"<f>A1</f><is><t>")
    yield "the same with formulas everywhere", with_formulas
    blank = folder / "blank.csv"
    blank.write_bytes(b"a,b\n" + b"\n" * 1_000_000 + b"1,2\n")
    yield "CSV with a million blank rows", blank
    wide = folder / "wide.csv"
    wide.write_bytes(b",".join(b"x" for _ in range(16_384)) + b"\n1\n")
    yield "CSV with 16,384 columns", wide
    full = folder / "full.csv"
    full.write_bytes(b"\n".join(b",".join(b"%d" % (n * m % 997) for n in range(200)) for m in range(MAX_ROWS + 1)))
    yield "CSV, 10,000 x 200, full", full
    long = folder / "long.xlsx"
    changed(path, long, b"<t>", b"<t>" + b"long " * 60)
    yield "XLSX, 60 MiB of text unpacked", long


def some_rows(count: int) -> Iterator[list[str]]:
    dice = random.Random(1)
    for number in range(count):
        yield [f"cell {number} {dice.randrange(10**6)}" for _ in range(COLUMNS)]


def changed(source: Path, target: Path, old: bytes, new: bytes) -> None:
    """A workbook with something else in its sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(source) as there, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as here:
        for name in there.namelist():
            content = there.read(name)
            here.writestr(name, content.replace(old, new) if "sheet1" in name else content)
    target.write_bytes(out.getvalue())


def exported(folder: Path) -> Iterator[tuple[str, float, int]]:
    from leadportal import bootstrap

    os.environ |= {"PORTAL_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "leadportal.settings"}
    os.environ.pop("DATABASE_URL", None)
    bootstrap.make_secrets(folder / "secrets.env")
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
    import django

    django.setup()
    for count in LEADS:
        make_leads(count)
        for file_format in ("csv", "xlsx"):
            target = str(folder / f"out.{file_format}")
            command = ["manage.py", "export", f"team-{count}", "leads", "--format", file_format, "--output", target]
            begun = time.perf_counter()
            process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"{' '.join(command)} failed")
            yield f"{file_format.upper()}, {count:,} leads", time.perf_counter() - begun, usage.ru_maxrss


def make_leads(count: int) -> None:
    from leads.audit import OPERATOR
    from leads.models import Submission
    from leads.services import teams

    slug = f"team-{count}"
    team = teams.create_team(slug=slug, name=slug, actor=OPERATOR)
    values = {
        "first_name": "Sam", "last_name": "Sample", "email": "sam@example.com", "phone": "+35312345678",
        "company": "Example Brewing Ltd", "company_role": "Head of Purchasing", "city": "Cork", "is_company": False,
        "create_company_if_not_exists": True, "auto_assign_owner": True, "icebreaker": "We met at the fair.",
    }  # fmt: skip
    rows = (Submission(team=team, door="command", environment=team.environment, values=values) for _ in range(count))
    Submission.objects.bulk_create(rows, batch_size=2_000)


if __name__ == "__main__":
    read_one(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
