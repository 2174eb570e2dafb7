"""An import from the command line, and what it says of it afterwards."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.management.base import CommandError

from leads.models import ImportMapping, LeadImport, Submission
from leads.states import Stage

from .helpers import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair(tmp_path):
    path = tmp_path / "fair.csv"
    path.write_text("Name,E-Mail,Stand\nAoife Byrne,aoife@example.com,Cork\nBrian,nobody,Dublin\n")
    return str(path)


def test_it_says_what_would_be_and_sends_nothing_by_itself(team, fair):
    said = run("import", "brewers", fair)
    assert "would be created 1, duplicate 0, not valid 1" in said
    assert "row 3, E-Mail: This is not an email address." in said
    assert LeadImport.objects.get().stage == Stage.READY and not Submission.objects.exists()


def test_it_starts_with_a_kept_mapping_and_tells_how_far_it_is(team, fair, tmp_path):
    ImportMapping.objects.create(team=team, name="Fair", fields={"e mail": "email", "stand": "city"})
    said = run("import", "brewers", fair, "--mapping", "Fair", "--go")
    assert "Running" in said and "waiting 1" in said
    made = LeadImport.objects.get()
    assert made.columns == ["", "email", "city"]
    result = tmp_path / "result.csv"
    assert "not valid 1" in run("importstatus", "brewers", made.reference, result=result)
    rows = list(csv.DictReader(io.StringIO(result.read_text(encoding="utf-8-sig"))))
    assert [row["Portal state"] for row in rows] == ["Waiting", "Not valid"]
    assert made.reference in run("importstatus", "brewers")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import", "brewers", "/no/such/file"], "cannot be read"),
        (["import", "brewers", "FAIR", "--mapping", "None"], "no mapping “None”"),
        (["import", "brewers", "FAIR", "--preset", "None"], "no preset “None”"),
        (["import", "nobody", "FAIR"], "no team “nobody”"),
        (["importstatus", "brewers", "I-NONE"], "no import I-NONE"),
    ],
)
def test_it_says_what_is_wrong(team, fair, arguments, says):
    with pytest.raises(CommandError, match=says):
        run(*[fair if word == "FAIR" else word for word in arguments])


def test_it_says_why_a_file_cannot_be_read(team, tmp_path):
    picture = tmp_path / "people.csv"
    picture.write_bytes(b"\xff\xd8\xff\xe0 JFIF" + bytes(range(256)))
    with pytest.raises(CommandError, match="JPEG"):
        run("import", "brewers", str(picture), "--go")


def test_it_wants_to_hear_that_the_same_file_is_meant(team, fair):
    run("import", "brewers", fair, "--go")
    with pytest.raises(CommandError, match="uploaded before"):
        run("import", "brewers", fair, "--go")
    assert "Running" in run("import", "brewers", fair, "--go", "--again", "--duplicates", "create")
