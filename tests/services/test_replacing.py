"""A vanished option: where it is used, and another one in its place everywhere."""

from __future__ import annotations

import pytest

from leads import audit
from leads.audit import OPERATOR
from leads.models import AuditEntry, FormPreset, Submission
from leads.services import replacing, submissions
from leads.services.replacing import Replaced, replace_everywhere, uses_of
from leads.services.submissions import digest_of
from leads.services.teams import NotPossible
from leads.states import NOT_SET_OUT, State
from tests.factories import actor_for, make_submission
from tests.picking import add, add_attribute

pytestmark = pytest.mark.django_db
TIMED = {"review_since": "2026-01-01T00:00Z", "attempt_token": "0" * 32, "lease_until": "2030-01-01T00:00Z"}


@pytest.fixture
def hot(team):
    add(team, "tag", "warm")
    return add(team, "tag", "hot", is_gone=True)


def replace(team, new_id="warm", kind="tag", old_id="hot", actor=OPERATOR) -> Replaced:
    return replace_everywhere(team=team, kind=kind, old_id=old_id, new_id=new_id, actor=actor)


def in_state(submission, state) -> Submission:
    more = {"breakcold_id": "there"} if state == State.CREATED else {}
    Submission.objects.filter(pk=submission.pk).update(state=state, **TIMED, **more)
    submission.refresh_from_db()
    return submission


def values_of(submission):
    return Submission.objects.get(pk=submission.pk).values


# Where it is used


@pytest.mark.parametrize("state", State)
def test_it_counts_leads_that_have_not_set_out(team, bob, hot, state):
    lead = in_state(make_submission(team, bob, tags=["hot"]), state)
    uses = uses_of(team, {("tag", "hot")})
    if state in NOT_SET_OUT:
        assert uses["tag", "hot"].states == {state: 1} and uses["tag", "hot"].leads == [lead]
    else:
        assert uses == {}


def test_it_finds_every_place_an_option_can_stand_in(team, bob):
    lead = make_submission(
        team, bob, lists=["l"], id_list="l2", status=["s"], tags=["t"], owners=["o"], attributes={"a": 1}
    )
    rows = [{"name": "lists", "default": ["l"]}, {"name": "attributes.a"}, {"name": "email", "default": "t"}]
    preset = FormPreset.objects.create(team=team, name="Fair", rows=rows)
    wanted = {("list", "l"), ("list", "l2"), ("status", "s"), ("tag", "t"), ("owner", "o"), ("attribute", "a")}
    uses = uses_of(team, wanted | {("tag", "l"), ("list", "t")})
    assert uses.keys() == wanted
    assert all(use.leads == [lead] for use in uses.values())
    assert {key: use.presets for key, use in uses.items() if use.presets} == {
        ("list", "l"): [preset], ("attribute", "a"): [preset],
    }  # fmt: skip


def test_it_does_not_look_into_other_teams_environments_and_removed_presets(team, other_team, charlie, bob, hot):
    make_submission(other_team, charlie, tags=["hot"])
    practice = make_submission(team, bob, tags=["hot"])
    Submission.objects.filter(pk=practice.pk).update(environment="sandbox")
    rows = [{"name": "tags", "default": ["hot"]}]
    FormPreset.objects.create(team=team, name="Old", rows=rows, removed_at="2026-01-01T00:00Z")
    FormPreset.objects.create(team=other_team, name="Theirs", rows=rows)
    assert uses_of(team, {("tag", "hot")}) == {}
    assert replace(team) == Replaced(leads=0, presets=0, left_alone=0, remaining=0)
    assert values_of(practice)["tags"] == ["hot"]


# Replacing


@pytest.mark.parametrize("state", sorted(NOT_SET_OUT))
def test_it_replaces_it_in_leads_that_wait(team, bob, hot, state):
    lead = in_state(make_submission(team, bob, tags=["cold", "hot"]), state)
    assert replace(team) == Replaced(leads=1, presets=0, left_alone=0, remaining=0)
    lead.refresh_from_db()
    assert (lead.values["tags"], lead.state) == (["cold", "warm"], state)
    entry = AuditEntry.objects.get(action="submission.edited")
    assert (entry.subject_id, entry.details["fields"]) == (lead.public_id, ["tags"])
    assert entry.details["values"] == audit.values_digest(lead.values, lead.salt)
    whole = AuditEntry.objects.get(action="option.replaced")
    assert whole.subject_id == hot.public_id
    assert whole.details == {"kind": "tag", "old": "hot", "new": "warm", "leads": 1, "presets": 0, "left_alone": 0}
    assert list(audit.verify(team)) == []


@pytest.mark.parametrize("state", sorted(set(State) - NOT_SET_OUT))
def test_it_leaves_leads_that_are_on_their_way_or_there(team, bob, hot, state):
    lead = in_state(make_submission(team, bob, tags=["hot"]), state)
    assert replace(team) == Replaced(leads=0, presets=0, left_alone=int(state == State.SENDING), remaining=0)
    assert values_of(lead)["tags"] == ["hot"]


def test_it_leaves_a_lead_alone_that_leaves_at_that_moment(team, bob, hot, monkeypatch):
    first, second = make_submission(team, bob, tags=["hot"]), make_submission(team, bob, tags=["hot"])
    whole = replacing._replace_in_leads

    def meanwhile(*args):
        in_state(second, State.SENDING)
        return whole(*args)

    monkeypatch.setattr(replacing, "_replace_in_leads", meanwhile)
    assert replace(team).leads == 1
    assert (values_of(first)["tags"], values_of(second)["tags"]) == (["warm"], ["hot"])
    assert AuditEntry.objects.get(action="option.replaced").details["left_alone"] >= 1


def test_it_takes_it_out(team, bob, hot):
    lone, other = make_submission(team, bob, tags=["hot"]), make_submission(team, bob, tags=["hot", "cold"])
    assert replace(team, new_id="").leads == 2
    assert "tags" not in values_of(lone) and values_of(other)["tags"] == ["cold"]
    assert AuditEntry.objects.get(action="option.replaced").details["new"] == ""


def test_it_names_no_option_twice(team, bob, hot):
    lead = make_submission(team, bob, tags=["warm", "hot", "cold"])
    replace(team)
    assert values_of(lead)["tags"] == ["warm", "cold"]


def test_it_replaces_a_list_in_both_fields(team, bob):
    add(team, "list", "old", is_gone=True)
    add(team, "list", "new")
    lead = make_submission(team, bob, lists=["old", "x"], id_list="old", tags=["old"], company="old")
    replace(team, "new", "list", "old")
    values = values_of(lead)
    assert (values["lists"], values["id_list"], values["tags"], values["company"]) == (
        ["new", "x"],
        "new",
        ["old"],
        "old",
    )


def test_it_keeps_the_promoted_columns_and_the_rest(team, bob, hot):
    lead = make_submission(team, bob, tags=["hot"], company="Example", is_contract=False, contract_value="0")
    before = Submission.objects.filter(pk=lead.pk).values("title", "email_key", "company_key", "search_text").get()
    replace(team)
    assert Submission.objects.filter(pk=lead.pk).values(*before).get() == before
    assert values_of(lead) == {**lead.values, "tags": ["warm"]}


def test_it_keeps_what_was_approved_approved(team, bob, carol, hot):
    lead = in_state(make_submission(team, bob, tags=["hot"]), State.PENDING_REVIEW)
    lead = submissions.approve(submission=Submission.objects.get(pk=lead.pk), actor=actor_for(carol))
    replace(team)
    lead = Submission.objects.get(pk=lead.pk)
    assert lead.values["tags"] == ["warm"] and lead.approved_digest == digest_of(lead)


def test_it_does_not_approve_what_was_not(team, bob, hot):
    lead = make_submission(team, bob, tags=["hot"])
    Submission.objects.filter(pk=lead.pk).update(approved_digest="of something else")
    replace(team)
    assert Submission.objects.get(pk=lead.pk).approved_digest == "of something else"


def test_it_works_batch_by_batch_up_to_a_limit(team, bob, hot, monkeypatch):
    monkeypatch.setattr(replacing, "BATCH", 2)
    monkeypatch.setattr(replacing, "AT_MOST", 5)
    for _ in range(7):
        make_submission(team, bob, tags=["hot"])
    assert replace(team) == Replaced(leads=5, presets=0, left_alone=0, remaining=2)
    assert replace(team) == Replaced(leads=2, presets=0, left_alone=0, remaining=0)
    assert uses_of(team, {("tag", "hot")}) == {}


# Presets


def test_it_replaces_it_in_presets_and_counts_their_version_up(team, alice, hot):
    rows = [
        {"name": "tags", "shown": True, "fixed": True, "default": ["hot", "cold"], "help": "x"},
        {"name": "email", "shown": True, "default": "hot"},
    ]
    preset = FormPreset.objects.create(team=team, name="Fair", rows=rows)
    assert replace(team, actor=actor_for(alice)).presets == 1
    preset.refresh_from_db()
    assert preset.rows == [{**rows[0], "default": ["warm", "cold"]}, rows[1]]
    assert (preset.version, preset.changed_by) == (2, alice)
    assert AuditEntry.objects.get(action="preset.changed").details["fields"] == ["tags"]
    assert AuditEntry.objects.get(action="option.replaced").details["presets"] == 1


def test_it_leaves_no_field_fixed_to_nothing(team, hot):
    rows = [{"name": "tags", "shown": False, "required": True, "fixed": True, "default": ["hot"]}]
    preset = FormPreset.objects.create(team=team, name="Fair", rows=rows)
    replace(team, new_id="")
    preset.refresh_from_db()
    assert preset.rows == [{"name": "tags", "shown": True, "required": True, "fixed": False}]


def test_it_takes_an_attribute_out_of_presets_and_leads(team, bob):
    add_attribute(team, "size", is_gone=True)
    lead = make_submission(team, bob, attributes={"size": "x", "other": 1})
    lone = make_submission(team, bob, attributes={"size": "x"})
    rows = [{"name": "attributes.size", "shown": True}, {"name": "email", "shown": True}]
    preset = FormPreset.objects.create(team=team, name="Fair", rows=rows)
    assert replace(team, "", "attribute", "size") == Replaced(leads=2, presets=1, left_alone=0, remaining=0)
    preset.refresh_from_db()
    assert values_of(lead)["attributes"] == {"other": 1} and "attributes" not in values_of(lone)
    assert preset.rows == [rows[1]]
    assert AuditEntry.objects.filter(action="submission.edited").first().details["fields"] == ["attributes.size"]


# Refusals


@pytest.mark.parametrize(
    ("kind", "old", "new", "says"),
    [
        ("tag", "hot", "never", "cannot be chosen any more"),
        ("tag", "hot", "gone-too", "cannot be chosen any more"),
        ("tag", "hot", "a-list", "cannot be chosen any more"),
        ("tag", "hot", "hot", "the option itself"),
        ("tag", "never", "warm", "never was"),
        ("list", "hot", "warm", "never was"),
        ("attribute", "size", "warm", "cannot be replaced by another"),
        ("nonsense", "hot", "warm", "never was"),
    ],
)
def test_it_refuses_and_changes_nothing(team, bob, hot, kind, old, new, says):
    add(team, "tag", "gone-too", is_gone=True)
    add(team, "list", "a-list")
    add_attribute(team, "size", is_gone=True)
    lead = make_submission(team, bob, tags=["hot"], attributes={"size": "x"})
    with pytest.raises(NotPossible, match=says):
        replace(team, new, kind, old)
    assert values_of(lead) == lead.values
    assert not AuditEntry.objects.filter(action__in=["option.replaced", "submission.edited"]).exists()


def test_it_keeps_what_options_are_called_out_of_the_log(team, bob):
    add(team, "owner", "a", name="Canary", is_gone=True)
    add(team, "owner", "b", name="Canary Too")
    make_submission(team, bob, owners=["a"])
    replace(team, "b", "owner", "a")
    assert "Canary" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_it_leaves_leads_alone_that_are_not_in_the_list_of_the_new_step(team, bob):
    for name in ("inbound", "fair"):
        add(team, "list", name)
    add(team, "status", "old", is_gone=True)
    add(team, "status", "new", list_id="inbound")
    inside = make_submission(team, bob, lists=["inbound"], status=["old"])
    by_id = make_submission(team, bob, id_list="inbound", status=["old"])
    outside = make_submission(team, bob, lists=["fair"], status=["old"])
    done = replace(team, "new", "status", "old")
    assert (done.leads, done.misplaced, done.remaining) == (2, 1, 0)
    assert values_of(inside)["status"] == values_of(by_id)["status"] == ["new"]
    assert values_of(outside)["status"] == ["old"]


def test_it_asks_for_no_list_that_is_gone(team, bob):
    add(team, "status", "old", is_gone=True)
    add(team, "status", "new", list_id="vanished")
    lead = make_submission(team, bob, status=["old"])
    assert replace(team, "new", "status", "old").leads == 1
    assert values_of(lead)["status"] == ["new"]
