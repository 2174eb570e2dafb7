"""What the worker does for an import: read, check, enter, take back, end. In turns, and each may be the last."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import audit
from leads.delivery import drain, imports
from leads.models import ImportFile, ImportRow, LeadImport, Submission
from leads.models.submissions import Lane
from leads.services import imports as service
from leads.services import submissions
from leads.states import Count, Fate, Stage, State
from tests.factories import actor_for, make_import, make_submission

from .kit import actions, check_books, emails

pytestmark = pytest.mark.django_db

FAIR = """First name;Last name;E-Mail;Firma;Color
Aoife;Byrne;aoife@example.com;Example Brewing;red
Brian;;brian@example.com;;green
Ciara;Daly;not an address;;blue
Aoife;B.;AOIFE@example.com;;red
"""


def turns(lead_import: LeadImport, most: int = 200) -> LeadImport:
    """Let the worker work until it has nothing to do just now."""
    for _ in range(most):
        if not imports.work_once():
            break
    else:
        raise AssertionError("it never came to rest")
    lead_import.refresh_from_db()
    return lead_import


def again(lead_import: LeadImport) -> LeadImport:
    """As if its pause was over."""
    LeadImport.objects.filter(pk=lead_import.pk, look_at__isnull=False).update(look_at=timezone.now())
    return turns(lead_import)


def mapped(lead_import: LeadImport, actor, **more) -> LeadImport:
    service.map_columns(
        lead_import=lead_import, columns=lead_import.columns, constants={}, choices={}, actor=actor, **more
    )
    return turns(lead_import)


@pytest.fixture
def ready(team, bob, as_bob):
    """``ready(text)``: an import that was read, mapped by the first guess, and checked."""

    def make(text: str = FAIR) -> LeadImport:
        return mapped(turns(make_import(team, bob, text)), as_bob)

    return make


def fates(lead_import):
    return list(lead_import.rows.order_by("position").values_list("fate", flat=True))


def deliver(lead_import, key):
    """Turns and drains in turn, until nothing of the import waits."""
    for _ in range(100):
        again(lead_import)
        if lead_import.stage == Stage.DONE:
            return
        drain.drain(key.public_id)
    raise AssertionError(service.count(lead_import))


def test_it_reads_guesses_and_keeps_no_bytes(team, bob):
    made = turns(make_import(team, bob, FAIR))
    assert (made.stage, made.row_count, made.kind) == (Stage.MAPPING, 4, "csv")
    assert made.columns == ["first_name", "last_name", "email", "company", ""]
    assert not ImportFile.objects.exists()
    assert list(made.rows.order_by("position").values_list("number", flat=True)) == [2, 3, 4, 5]


def test_it_says_why_a_file_cannot_be_read(team, bob):
    made = turns(make_import(team, bob, content=b"\xff\xd8\xff\xe0 JFIF" + bytes(range(256)), name="people.csv"))
    assert made.stage == Stage.UNREADABLE
    assert "JPEG" in made.problem
    assert not ImportFile.objects.exists() and not ImportRow.objects.exists()


def test_it_checks_every_row_and_finds_the_same_in_the_file(ready):
    made = ready()
    assert made.stage == Stage.READY
    assert fates(made) == ["waiting", "waiting", "invalid", "waiting"]
    wrong = made.rows.get(number=4)
    assert wrong.errors == [[2, "email", "This is not an email address. It looks like name@example.com."]]
    assert made.rows.get(number=5).twin_number == 2
    assert service.forecast(made) == service.Forecast(valid=3, invalid=1, duplicate=1)


def test_it_finds_leads_of_before(team, bob, ready):
    earlier = make_submission(team, bob, email="brian@example.com")
    assert ready().rows.get(number=3).twin == earlier


def test_it_brings_them_to_breakcold_in_the_bulk_lane(team, bob, as_bob, key, sandbox, ready):
    made = ready()
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    turns(made)
    assert set(Submission.objects.values_list("lane", "door", "created_by")) == {(Lane.BULK, "import", bob.pk)}
    deliver(made, key)
    assert sorted(emails(sandbox)) == ["aoife@example.com", "brian@example.com"]
    counts = service.count(made)
    assert {name: many for name, many in counts.items() if many} == {
        Count.CREATED: 2,
        Count.INVALID: 1,
        Count.DUPLICATE: 1,
    }
    assert [name for name in actions(team) if name.startswith("import.")] == [
        "import.uploaded", "import.read", "import.mapped", "import.checked", "import.confirmed", "import.finished",
    ]  # fmt: skip
    check_books(sandbox, team)


@pytest.mark.parametrize(
    ("policy", "states"), [("create", ["queued", "queued", "queued"]), ("hold", ["queued", "queued", "pending_review"])]
)
def test_it_does_with_duplicates_as_was_wished(as_bob, key, ready, policy, states):
    made = ready()
    service.start(lead_import=made, duplicates=policy, actor=as_bob)
    turns(made)
    assert list(made.submissions.order_by("pk").values_list("state", flat=True)) == states


def test_it_finds_a_lead_that_came_after_the_preview(team, bob, as_bob, key, ready):
    made = ready()
    make_submission(team, bob, email="brian@example.com")
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    turns(made)
    assert made.rows.get(number=3).fate == Fate.DUPLICATE


def test_it_sends_nothing_otherwise_than_the_preview_showed(team, as_bob, key, ready):
    """The team's country changes, so a number would be read as another one."""
    team.default_phone_country = "IE"
    team.save()
    made = ready("Email,Phone\na@example.com,01 234 5678\n")
    assert made.rows.get().values["phone"] == "+35312345678"
    team.default_phone_country = "FR"
    team.save()
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    turns(made)
    assert made.rows.get().fate == Fate.INVALID
    assert "otherwise than the preview" in made.rows.get().errors[0][2]
    assert not Submission.objects.exists()


def test_it_keeps_few_leads_in_the_queue_and_holds_them_while_paused(team, as_bob, key, sandbox, ready):
    text = "Email\n" + "".join(f"lead{number}@example.com\n" for number in range(130))
    made = ready(text)
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    turns(made)
    assert made.submissions.count() == service.AHEAD
    service.pause(lead_import=made, actor=as_bob)
    drain.drain(key.public_id)
    assert emails(sandbox) == [] and drain.next_time(key.public_id) is None
    service.resume(lead_import=made, actor=as_bob)
    drain.drain(key.public_id)
    assert emails(sandbox)


def test_it_takes_back_what_did_not_leave_when_cancelled(team, as_bob, key, sandbox, ready):
    made = ready()
    service.start(lead_import=made, duplicates="create", actor=as_bob)
    turns(made)
    service.cancel(lead_import=made, actor=as_bob)
    drain.drain(key.public_id)
    assert emails(sandbox) == []
    turns(made)
    counts = service.count(made)
    assert (counts[Count.SKIPPED], counts[Count.INVALID], sum(counts.values())) == (3, 1, 4)
    assert made.look_at is None


def test_it_lets_typed_leads_go_first(team, bob, as_bob, key, sandbox, ready):
    made = ready()
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    turns(made)
    make_submission(team, bob, email="typed@example.com")
    drain.drain(key.public_id)
    assert emails(sandbox)[0] == "typed@example.com"


def test_it_goes_on_where_a_worker_died_while_checking(team, bob, as_bob):
    """One stopped after it kept some rows: they are not judged again, and the same in the file is still found."""
    made = turns(make_import(team, bob, FAIR))
    service.map_columns(lead_import=made, columns=made.columns, constants={}, choices={}, actor=as_bob)
    made.refresh_from_db()
    first = made.rows.order_by("position").first()
    service.judge(first, imports.RowChecker(team, imports.Plan.of(made)).check(first.texts), made.revision)
    service.keep_checked(lead_import=made, rows=[first])
    turns(made)
    assert made.stage == Stage.READY
    assert made.rows.get(number=5).twin_number == 2


def test_it_reads_again_what_was_read_by_half(team, bob):
    made = make_import(team, bob, FAIR)
    service.keep_rows(lead_import=made, start=1, rows=[["Aoife", "Byrne", "aoife@example.com", "Brewing", "red"]],
                      numbers=[2], origins=[None])  # fmt: skip
    turns(made)
    assert (made.row_count, ImportRow.objects.count()) == (4, 4)


def test_it_leaves_an_import_to_the_worker_that_has_the_turn(team, bob):
    made = make_import(team, bob, FAIR)
    stale = LeadImport.objects.get(pk=made.pk)
    assert service.take_turn(lead_import=made, seconds=60)
    assert not service.take_turn(lead_import=stale, seconds=60)
    assert not imports.work_once()
    LeadImport.objects.update(look_at=timezone.now() - timedelta(seconds=1))
    assert imports.work_once()


def test_it_enters_no_row_twice_when_two_workers_are_at_it(as_bob, key, ready):
    made = ready()
    service.start(lead_import=made, duplicates="create", actor=as_bob)
    checker = imports.RowChecker(made.team, imports.Plan.of(made))
    assert [service.enter_next(lead_import=made, judged=checker.check) for _ in range(2)] == [3, 0]
    assert Submission.objects.count() == 3


def test_it_repeats_nothing_when_the_failed_rows_come_again(team, bob, as_bob, key, sandbox, ready):
    """A result file: what is there stays alone, what failed makes a new lead and its old one is out of the way."""
    sandbox.fault("refuse")
    made = ready("Email\na@example.com\nb@example.com\n")
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    deliver(made, key)
    failed = made.rows.get(submission__state=State.FAILED)
    ids = list(made.rows.order_by("position").values_list("public_id", flat=True))
    corrected = f"Email,Portal row\na@example.com,{ids[0]}\nb@example.com,{ids[1]}\n"
    second = ready(corrected)
    service.start(lead_import=second, duplicates="create", actor=as_bob)
    deliver(second, key)
    assert sorted(emails(sandbox)) == ["a@example.com", "b@example.com"]
    failed.submission.refresh_from_db()
    assert failed.submission.state == State.CANCELLED
    assert service.count(second)[Count.DUPLICATE] == 1
    check_books(sandbox, team)


def test_it_waits_when_the_team_switched(team, as_bob, key, ready):
    made = ready()
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    team.environment = "live" if team.environment == "sandbox" else "sandbox"
    team.save()
    turns(made)
    assert made.stage == Stage.PAUSED and "switched" in made.problem
    assert not Submission.objects.exists()


def test_it_sends_an_approved_import_as_it_was_approved(team, carol, as_bob, key, sandbox, ready):
    team.reviews = True
    team.save()
    made = ready()
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    made.refresh_from_db()
    assert made.stage == Stage.IN_REVIEW
    service.approve(lead_import=made, actor=actor_for(carol))
    deliver(made, key)
    assert set(made.submissions.values_list("state", "decided_by")) == {("created", carol.pk)}
    check_books(sandbox, team)


def test_it_brings_a_split_import_into_the_review_queue(team, carol, as_bob, key, ready):
    team.reviews = True
    team.save()
    made = ready()
    service.start(lead_import=made, duplicates="skip", actor=as_bob)
    service.split(lead_import=made, actor=actor_for(carol))
    turns(made)
    assert set(made.submissions.values_list("state", flat=True)) == {State.PENDING_REVIEW}
    for lead in made.submissions.select_related("team"):
        submissions.reject(submission=lead, comment="No", actor=actor_for(carol))
    again(made)
    assert made.stage == Stage.DONE
    assert service.count(made)[Count.SKIPPED] == 2
    assert list(audit.verify(team)) == []


def test_it_names_no_cell_when_something_unexpected_happens(monkeypatch, caplog):
    stopping = threading.Event()

    def stumble() -> bool:
        stopping.set()
        return bool(int("aoife@example.com"))

    monkeypatch.setattr(imports, "work_once", stumble)
    imports.work_until(stopping)
    assert "broke off (ValueError)" in caplog.text and "in stumble" in caplog.text
    assert "aoife" not in caplog.text.replace('int("aoife@example.com")', "")  # the line of this test itself
