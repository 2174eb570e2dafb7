from __future__ import annotations

import stat

import pytest
from django.core.management import CommandError

from leads.audit import Action
from leads.management.commands import export
from leads.models import AuditEntry
from leads.sheets import read
from tests.factories import make_submission

from .helpers import run


@pytest.mark.parametrize("what", ["leads", "audit"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_writes_a_file_for_its_owner_alone(team, bob, tmp_path, what, kind):
    make_submission(team, bob)
    count = 1 if what == "leads" else AuditEntry.objects.filter(team=team).count()
    path = tmp_path / f"x.{kind}"
    said = run("export", "brewers", what, "--format", kind, "--output", str(path))
    assert said == f"{path} has {count} row{'' if count == 1 else 's'}.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read(path, name=path.name).rows) == count
    entry = AuditEntry.objects.filter(team=team).latest("sequence")
    assert (entry.action, entry.actor_kind, entry.details["rows"]) == (Action.EXPORT_MADE, "operator", count)


def test_it_writes_to_standard_output(team, bob, capfdbinary):
    lead = make_submission(team, bob)
    run("export", "brewers", "leads")
    out = capfdbinary.readouterr().out
    assert out.startswith(b"\xef\xbb\xbf") and lead.reference.encode() in out


def test_it_says_what_is_wrong(team, tmp_path, monkeypatch):
    before = AuditEntry.objects.count()
    with pytest.raises(CommandError, match="no team"):
        run("export", "nobody", "leads")
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        run("export", "brewers", "leads", "--output", str(tmp_path / "no" / "x.csv"))
    monkeypatch.setattr(export, "MAX_XLSX_ROWS", 0)
    with pytest.raises(CommandError, match="export CSV"):
        run("export", "brewers", "audit", "--format", "xlsx", "--output", str(tmp_path / "x.xlsx"))
    assert AuditEntry.objects.count() == before
