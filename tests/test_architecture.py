"""The house: four floors, imports only go down, and one owner for each rule. Read from the source, never run.

Every rule is a function from modules to what breaks it, so that each is also shown a snippet that does.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable

import pytest

from tests.source import BASE, Module, called, module, read_all, spoken_names

GROUND, RECORD, DOING, DOORS = range(4)

#: Which floor a module is on: the longest name that fits decides.
FLOORS = {
    "leads.addresses": GROUND,
    "leads.breakcold": GROUND,
    "leads.crypto": GROUND,
    "leads.normalise": GROUND,
    "leads.outbound": GROUND,
    "leads.openid": GROUND,
    "leads.pasted": GROUND,
    "leads.sheets": GROUND,
    "leads.states": GROUND,
    "leads.actions": RECORD,
    "leads.audit": RECORD,
    "leads.migrations": RECORD,
    "leads.models": RECORD,
    "leads.signals": RECORD,
    "leads.backups": DOING,
    "leads.delivery": DOING,
    "leads.forms": DOING,
    "leads.monitoring": DOING,
    "leads.reports": DOING,
    "leads.services": DOING,
    "leads.admin": DOORS,
    "leads.apps": DOORS,
    "leads.checks": DOORS,
    "leads.gateway": DOORS,
    "leads.management": DOORS,
    "leads.templatetags": DOORS,
    "leads.urls": DOORS,
    "leads.views": DOORS,
    "leadportal": DOORS,
}
#: These run before anything is installed.
BARE = {"leadportal.bootstrap", "leadportal.lifeline", "leadportal.supervisor"}


def floor_of(name: str) -> int | None:
    parts = name.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((FLOORS[name] for name in names if name in FLOORS), None)


#: What writes to the database when it is called on a row or a query.
WRITES = {
    "bulk_create",
    "bulk_update",
    "create",
    "create_user",
    "delete",
    "get_or_create",
    "save",
    "update",
    "update_or_create",
}
Rule = Callable[[list[Module]], list[str]]


# The floors


def unlisted(modules: list[Module]) -> list[str]:
    packages = {"leads.__init__", "leadportal.__init__"}
    return [each.name for each in modules if floor_of(each.name) is None and each.name not in packages]


def imports_going_up(modules: list[Module]) -> list[str]:
    return [
        f"{each.name} imports {name}"
        for each in modules
        for name in each.imports()
        if (there := floor_of(name)) is not None and (here := floor_of(each.name)) is not None and there > here
    ]


def services_that_know_who_uses_them(modules: list[Module]) -> list[str]:
    """Services are used by delivery and the forms' pages; they wake delivery through a signal alone."""
    return [
        f"{each.name} imports {name}"
        for each in modules
        if each.is_in("leads.services")
        for name in each.imports()
        if name.startswith(("leads.delivery", "leads.forms", "leads.reports"))
    ]


def imports_of_what_is_not_there_yet(modules: list[Module]) -> list[str]:
    """What starts the portal on a bare machine has the standard library and itself."""
    return [
        f"{each.name} imports {name}"
        for each in modules
        if each.name in BARE
        for name in each.imports()
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith(tuple(BARE | {"leadportal"}))
    ]


# The owners


def _is_written(node: ast.AST) -> bool:
    """Whether a state is written through a query."""
    if not isinstance(node, ast.Call) or called(node) not in ("update", "bulk_update", "create", "update_or_create"):
        return False
    words = [word.value for word in ast.walk(node) if isinstance(word, ast.Constant)]
    return any(keyword.arg == "state" for keyword in node.keywords) or (
        called(node) == "bulk_update" and "state" in words
    )


def _is_assigned(node: ast.AST) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets)


def _is_saved(node: ast.AST) -> bool:
    """Whether a row is saved, other than as a new one."""
    is_new = isinstance(node, ast.Call) and any(keyword.arg == "force_insert" for keyword in node.keywords)
    return isinstance(node, ast.Call) and called(node) == "save" and not is_new


def changes_of_state_elsewhere(modules: list[Module]) -> list[str]:
    """Owner 1: ``services/submissions`` changes ``Submission.state``, in one guarded update, never by saving a row."""
    found = []
    for each in modules:
        if each.is_in("leads.breakcold", "leads.migrations", "leads.services.submissions.arrows"):
            continue
        is_bad = _is_saved if each.is_in("leads.services.submissions") else _is_assigned
        nodes = [node for node in ast.walk(each.tree) if _is_written(node) or is_bad(node)]
        found += [f"{each.name}:{getattr(node, 'lineno', 0)} changes a state" for node in nodes]
    return found


def entries_written_elsewhere(modules: list[Module]) -> list[str]:
    """Owner 2: only ``audit.py`` makes entries."""
    log = {"AuditEntry", "AuditChain"}
    return [
        f"{each.name}:{call.lineno} writes to the log"
        for each in modules
        if not each.is_in("leads.audit", "leads.migrations")
        for call in each.calls()
        if called(call) in log
        or (called(call) in WRITES and isinstance(call.func, ast.Attribute) and spoken_names(call.func.value) & log)
    ]


#: Public service functions that write and need no entry of their own, and why.
UNRECORDED = {
    "end_sessions": "runs in the transaction that records why",
    "use_code": "a code that was used; a sign-in is no deed in a team",
    "note_first_code": "the same, for the code that set up an app",
    "reseal_factors": "what is inside stays as it is",
    "tell": "an event, written from the entry that records what it speaks of",
    "find_or_make_user": "runs in the transaction that records how the person came into the team",
    "count_request": "a token's budget and last use, not a deed",
    "note_request": "is itself the log of the gateway's requests",
    "prune_requests": "drops what a log of thirty days no longer keeps",
    "claim_answer": "a claim on work; the lead that comes of it is recorded",
    "keep_answer": "keeps what was said of a lead that is recorded",
    "release_answer": "gives up a claim; nothing came of it",
    "prune_answers": "drops answers whose day is over",
    "record_success": "runs in the transaction that records the lead it speaks of",
    "end_draft": "runs in the transaction that records the lead it became",
    "save_view": "a bookmark of the reader's own",
    "remove_view": "the same",
    "keep_columns": "how the reader looks at the list",
    "end_changes": "runs in the transaction that records that they were sent",
    "say": "a comment goes with the decision, or the answer to one, that is recorded",
    "look_at": "a hint for the other reviewers, gone after a minute",
    "note_sync_trouble": "nothing changed for the team; the reading that does is recorded",
    "suspect": "a mark in case the worker dies; what becomes of the lead is recorded",
    "clear": "takes such a mark back",
    "keep_rows": "rows of a file whose reading is recorded once it is whole",
    "_note_fate": "of one row: its lead is recorded, and what became of all rows when the import ends",
    "take_turn": "which worker is at work, not a deed",
    "look_again": "when a worker looks next, not a deed",
    "begin_look_up": "notes an attempt; what follows from it is recorded",
    "finish_look_up": "notes an attempt; what follows from it is recorded",
}


def writes_without_an_entry(modules: list[Module]) -> list[str]:
    """Owner 2, the other half: each service function that writes reaches ``audit.record``.

    It does when it, or a service function it calls, calls it; a helper does when all that call it do.
    """
    bodies = {node.name: node for each in modules if each.is_in("leads.services") for node in each.functions()}
    calls = {
        name: {called(node) for node in ast.walk(body) if isinstance(node, ast.Call)} for name, body in bodies.items()
    }

    def records(name: str, seen: frozenset[str] = frozenset()) -> bool:
        inner = (calls[name] & bodies.keys()) - seen - {name}
        return "record" in calls[name] or any(records(other, seen | {name}) for other in inner)

    def is_covered(name: str, seen: frozenset[str] = frozenset()) -> bool:
        if records(name) or name in UNRECORDED:
            return True
        callers = [other for other in bodies if name in calls[other] and other not in seen]
        return name.startswith("_") and bool(callers) and all(is_covered(other, seen | {name}) for other in callers)

    return [name for name in bodies if calls[name] & WRITES and not is_covered(name)]


#: They have secrets of their own, sealed in the same way.
WEBHOOKS = ("leads.services.webhooks", "leads.services.webhook_targets", "leads.models.webhooks")


def keys_opened_elsewhere(modules: list[Module]) -> list[str]:
    """Owner 3: only ``services/keys/`` opens a sealed key, or touches one."""
    own_secrets = (*WEBHOOKS, "leads.services.second_factor")
    allowed = ("leads.services.keys", "leads.crypto", "leads.migrations", "leads.models.keys", *own_secrets)
    return [
        f"{each.name} speaks of {name}"
        for each in modules
        if not each.is_in(*allowed)
        for name in sorted(spoken_names(each.tree) & {"open_sealed", "reseal", "sealed"})
    ]


def webhooks_that_speak_of_keys(modules: list[Module]) -> list[str]:
    """Owner 3, the other half: what may open a webhook's secrets has no key at hand to open."""
    return [
        f"{each.name} speaks of {name}"
        for each in modules
        if each.is_in(*WEBHOOKS)
        for name in sorted(spoken_names(each.tree) & {"BreakcoldKey", "keys", "client_for"})
    ]


def clients_built_elsewhere(modules: list[Module]) -> list[str]:
    """Owner 4: delivery, and the services for keys and pickers, build a client."""
    allowed = ("leads.delivery", "leads.services.keys", "leads.services.pickers", "leads.breakcold.client")
    return [
        f"{each.name} speaks of BreakcoldClient"
        for each in modules
        if not each.is_in(*allowed) and "BreakcoldClient" in spoken_names(each.tree)
    ]


def requests_imported_elsewhere(modules: list[Module]) -> list[str]:
    """One way out: ``outbound.py`` alone imports ``requests``, and nobody another HTTP client, but for telling a
    Sentry of errors.
    """
    ways_out = {"requests", "urllib3", "httpx", "aiohttp", "pycurl", "sentry_sdk"}
    return [
        f"{each.name} imports {name}"
        for each in modules
        if each.name not in ("leads.outbound", "leadportal.sentry")
        for name in each.imports()
        if name.partition(".")[0] in ways_out
    ]


def breakcold_that_knows_us(modules: list[Module]) -> list[str]:
    """Owner 5: ``breakcold/`` imports neither Django nor the rest of ``leads``, only the one way out."""
    return [
        f"{each.name} imports {name}"
        for each in modules
        if each.is_in("leads.breakcold")
        for name in each.imports()
        if name.startswith(("django", "leadportal", "leads."))
        and not name.startswith(("leads.breakcold", "leads.outbound."))
    ]


def ways_out_that_know_us(modules: list[Module]) -> list[str]:
    """What makes a call knows neither what for nor for whom."""
    return [
        f"{each.name} imports {name}"
        for each in modules
        if each.name in ("leads.outbound", "leads.addresses")
        for name in each.imports()
        if name.startswith(("django", "leadportal", "leads.")) and not name.startswith("leads.addresses.")
    ]


def sheets_that_know_us(modules: list[Module]) -> list[str]:
    """What reads spreadsheets runs in a process of its own, which must start fast and has nothing of ours to lose."""
    return [
        f"{each.name} imports {name}"
        for each in modules
        if each.is_in("leads.sheets")
        for name in each.imports()
        if name.startswith(("django", "leadportal", "leads.")) and not name.startswith("leads.sheets")
    ]


REQUESTS = (
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.http",
    "django.shortcuts",
    "django.urls",
    "django.views",
    "django_htmx",
)


def requests_below_the_doors(modules: list[Module]) -> list[str]:
    """Owner 6: nothing below the doors sees a request."""
    found = []
    for each in modules:
        if floor_of(each.name) in (DOORS, None):
            continue
        found += [f"{each.name} imports {name}" for name in each.imports() if name.startswith(REQUESTS)]
        if not each.is_in("leads.breakcold"):  # the sandbox has requests of its own
            arguments = (node.arg for node in ast.walk(each.tree) if isinstance(node, ast.arg))
            found += [f"{each.name} takes a request" for name in arguments if name == "request"]
    return found


def writes_without_an_actor(modules: list[Module]) -> list[str]:
    """Owner 6, the other half: a service that writes is told by keyword who does it, or is the worker's own."""
    found = []
    for each in modules:
        if not each.is_in("leads.services"):
            continue
        for node in each.tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            records = {called(call) for call in ast.walk(node) if isinstance(call, ast.Call)} & {"record", "move"}
            says_who = {argument.arg for argument in node.args.kwonlyargs} | (spoken_names(node) & {"SYSTEM"})
            if records and not says_who & {"actor", "SYSTEM"}:
                found.append(f"{each.name}.{node.name}")
    return found


RULES: dict[Rule, tuple[str, str]] = {
    unlisted: ("leads.utils", ""),
    imports_going_up: ("leads.models.x", "def f():\n    from leads.services import keys"),
    services_that_know_who_uses_them: ("leads.services.x", "def f():\n    from leads.delivery import wakeup"),
    imports_of_what_is_not_there_yet: ("leadportal.bootstrap", "from django.conf import settings"),
    changes_of_state_elsewhere: ("leads.views.x", "Submission.objects.filter(pk=1).update(state='queued')"),
    entries_written_elsewhere: ("leads.services.x", "AuditEntry.objects.create(action='x')"),
    writes_without_an_entry: ("leads.services.x", "def rename(team, actor):\n    team.save()"),
    keys_opened_elsewhere: ("leads.views.x", "from leads.crypto import open_sealed"),
    clients_built_elsewhere: ("leads.views.x", "from leads.breakcold import client\nclient.BreakcoldClient(key='x')"),
    requests_imported_elsewhere: ("leads.delivery.x", "def f():\n    import requests"),
    breakcold_that_knows_us: ("leads.breakcold.x", "from leads import crypto"),
    ways_out_that_know_us: ("leads.outbound", "from leads.breakcold.errors import NotSent"),
    sheets_that_know_us: ("leads.sheets.x", "def f():\n    from leads.breakcold.fields import FIELDS"),
    webhooks_that_speak_of_keys: ("leads.services.webhooks", "from . import keys"),
    requests_below_the_doors: ("leads.services.x", "def enter(request): ..."),
    writes_without_an_actor: ("leads.services.x", "def rename(team):\n    audit.record('x', team=team)"),
}
MORE_BREACHES: list[tuple[Rule, str, str]] = [
    (imports_going_up, "leads.states", "from . import audit"),
    (imports_going_up, "leads.models.x", "from ..views.access import require"),
    (imports_going_up, "leads.crypto", "import leads.models"),
    (imports_going_up, "leads.services.submissions.x", "from leads.gateway import errors"),
    (services_that_know_who_uses_them, "leads.services.submissions.x", "from ...delivery import wakeup"),
    (changes_of_state_elsewhere, "leads.delivery.x", "submission.state = 'queued'"),
    (changes_of_state_elsewhere, "leads.delivery.x", "Submission.objects.bulk_update(rows, ['state'])"),
    (changes_of_state_elsewhere, "leads.services.submissions.review", "submission.save()"),
    (changes_of_state_elsewhere, "leads.services.submissions.review", "rows.update(state='queued')"),
    (entries_written_elsewhere, "leads.views.x", "AuditEntry(action='x').save()"),
    (entries_written_elsewhere, "leads.views.x", "AuditEntry.objects.filter(pk=1).delete()"),
    (entries_written_elsewhere, "leads.services.x", "AuditChain.objects.all().update(length=0)"),
    (writes_without_an_entry, "leads.services.x", "def a():\n    _b()\ndef _b():\n    Team.objects.create()"),
    (keys_opened_elsewhere, "leads.admin", "list_display = [key.sealed]"),
    (keys_opened_elsewhere, "leads.delivery.x", "crypto.open_sealed(text, team_id=1)"),
    (breakcold_that_knows_us, "leads.breakcold.x", "from django.conf import settings"),
    (breakcold_that_knows_us, "leads.breakcold.x", "from leads.addresses import resolve"),
    (requests_imported_elsewhere, "leads.breakcold.client", "import requests"),
    (requests_imported_elsewhere, "leads.views.errors", "from sentry_sdk import capture_exception"),
    (ways_out_that_know_us, "leads.addresses", "from django.conf import settings"),
    (breakcold_that_knows_us, "leads.breakcold.sandbox.x", "from ...states import State"),
    (requests_below_the_doors, "leads.forms.x", "from django.http import HttpRequest"),
]


@pytest.fixture(scope="module")
def house() -> list[Module]:
    return read_all()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_finds_no(rule: Rule, house: list[Module]) -> None:
    assert rule(house) == []


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [(rule, *breach) for rule, breach in RULES.items()] + MORE_BREACHES,
    ids=lambda value: getattr(value, "__name__", None),
)
def test_it_would_find(rule: Rule, name: str, source: str) -> None:
    assert rule([module(name, source)])


def test_it_reads_the_whole_house(house: list[Module]) -> None:
    names = {each.name for each in house}
    assert {"leads.audit", "leads.services.keys.opening", "leads.delivery.drain", "leads.views.access"} <= names


def test_it_lists_no_floor_for_what_is_not_there(house: list[Module]) -> None:
    to_come = {"leads.reports"}
    names = {each.name for each in house}
    assert [name for name in FLOORS if name not in to_come and not any(each.is_in(name) for each in house)] == []
    assert names >= BARE


def test_it_excuses_only_functions_that_are_there(house: list[Module]) -> None:
    defined = {node.name for each in house if each.is_in("leads.services") for node in each.functions()}
    assert UNRECORDED.keys() <= defined


def test_the_page_about_the_house_names_every_room() -> None:
    page = (BASE / "docs" / "architecture.md").read_text()
    rooms = {name.replace(".", "/") for name in FLOORS} - {"leads/apps", "leads/migrations", "leadportal"}
    assert [room for room in sorted(rooms) if room not in page] == []
