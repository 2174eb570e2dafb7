"""What no code of the portal does, because it is how portals are broken into. Read from the source, never run.

As in ``test_architecture.py`` each rule is also shown a snippet that breaks it. What templates must not hold stands in
``test_conventions.py``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from re import _constants as signs  # type: ignore[attr-defined]
from re import _parser as grammar  # type: ignore[attr-defined]
from typing import Any

import pytest

from tests.source import Module, called, module, read_all, spoken_names

Rule = Callable[[list[Module]], list[str]]
DOORS = ("leads.views", "leads.gateway", "leads.templatetags")


def chains(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every query that begins with ``X.objects``, whole, with the function of the module it stands in."""
    for top in ast.iter_child_nodes(tree):
        name = getattr(top, "name", "")
        parents = {child: node for node in ast.walk(top) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(top):
            if isinstance(node, ast.Attribute) and node.attr == "objects":
                whole: ast.AST = node
                while isinstance(parents.get(whole), (ast.Attribute, ast.Call, ast.Subscript)) and _goes_on(
                    parents[whole], whole
                ):
                    whole = parents[whole]
                yield name, whole


def _goes_on(parent: ast.AST, child: ast.AST) -> bool:
    return getattr(parent, "func", None) is child or getattr(parent, "value", None) is child


def words_of(tree: ast.AST) -> set[str]:
    """What a query speaks of: names, and the parts of its keywords."""
    keywords = {
        part for node in ast.walk(tree) if isinstance(node, ast.keyword) for part in (node.arg or "").split("__")
    }
    return spoken_names(tree) | keywords


#: What narrows a query down to what the reader may see: a team's own rows, or those of one thing that was fetched so.
SCOPES = {"for_team", "lead_import", "membership", "offered_to", "seen_by", "submission", "team", "token", "user"}
SCOPES |= {"for_key", "session_key", "webhook"}
#: Functions with a query that names no team, and why that is right.
UNSCOPED = {
    "leads.views.attention._group": "is the inner part of a query for the team's leads",
    "leads.views.device.known_to": "the id comes from a signed cookie, and only the address is compared",
    "leads.views.log.lines": "the ids come from the team's own log",
    "leads.views.members._get_person_for": "goes on only with who is in the team, or in its log",
    "leads.views.review_filters._submitters": "goes on with those who entered one of the team's leads",
    "leads.gateway.account._wait_for_reading": "reads the token's own key once more",
}


def unscoped_queries(modules: list[Module]) -> list[str]:
    return [
        f"{each.name}.{function}"
        for each in modules
        if each.is_in(*DOORS)
        for function, chain in chains(each.tree)
        if not words_of(chain) & SCOPES and f"{each.name}.{function}" not in UNSCOPED
    ]


#: Modules that write SQL themselves, and why.
OWN_SQL = {
    "leads.backups.on_sqlite": "copies a whole database",
    "leads.backups.restored": "holds every key in a database that was put back",
    "leads.services.submissions.head": "a question that Django wrote, kept and asked again with its parameters",
    "leads.models.imports": "a statement for many rows; names come from the model, values are parameters",
}


def raw_sql(modules: list[Module]) -> list[str]:
    """Queries are Django's; a name a person chose is never part of one."""
    found = []
    for each in modules:
        if each.is_in("leads.migrations", *OWN_SQL):
            continue
        found += [f"{each.name} speaks of RawSQL" for name in spoken_names(each.tree) & {"RawSQL", "RunSQL"} if name]
        for call in each.calls():
            if called(call) in ("raw", "extra", "executescript", "executemany", "cursor"):
                found.append(f"{each.name}:{call.lineno} {called(call)}")
            if called(call) == "execute" and not (call.args and isinstance(call.args[0], ast.Constant)):
                found.append(f"{each.name}:{call.lineno} execute")
    return found


def forms_that_take_every_field(modules: list[Module]) -> list[str]:
    """A form names its fields; a new column is never offered to whoever posts by itself."""
    return [
        f"{each.name}:{node.lineno}"
        for each in modules
        for node in ast.walk(each.tree)
        if (isinstance(node, ast.Assign) and {"fields", "exclude"} & {getattr(t, "id", "") for t in node.targets})
        and (getattr(node.value, "value", None) == "__all__" or getattr(node.targets[0], "id", "") == "exclude")
    ]


def values_taken_from_a_request_as_a_whole(modules: list[Module]) -> list[str]:
    """``Model(**request.POST)``, ``setattr(row, name, value)`` with a name from outside, and the like."""
    found = []
    for each in modules:
        if not each.is_in(*DOORS):
            continue
        for call in each.calls():
            stars = [keyword.value for keyword in call.keywords if keyword.arg is None]
            if any(spoken_names(star) & {"POST", "GET", "request"} for star in stars):
                found.append(f"{each.name}:{call.lineno} **")
            if called(call) == "setattr":
                found.append(f"{each.name}:{call.lineno} setattr")
    return found


def checks_of_forged_forms_left_out(modules: list[Module]) -> list[str]:
    """Only the gateway, which reads no cookie, takes a POST without the form's token."""
    return [
        f"{each.name} speaks of {name}"
        for each in modules
        if each.name != "leads.gateway.door"
        for name in sorted(spoken_names(each.tree) & {"csrf_exempt", "requires_csrf_token", "xframe_options_exempt"})
    ]


#: Asks the portal it started itself whether it answers.
OWN_MACHINE = "leads.management.commands.up"


def calls_without_a_bound(modules: list[Module]) -> list[str]:
    """The one outbound call follows no redirect and has a time limit; nobody else opens an address."""
    found = []
    for each in modules:
        for call in each.calls():
            said = ast.unparse(call.func)
            if re.fullmatch(r"(self\.session|requests(\.api)?)\.(request|get|head|post|put|send)", said):
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
                if given.get("allow_redirects") != "False" or "timeout" not in given or "verify" in given:
                    found.append(f"{each.name}:{call.lineno} {said}")
            if said.endswith(("urlopen", "HTTPConnection", "HTTPSConnection")) and each.name != OWN_MACHINE:
                found.append(f"{each.name}:{call.lineno} {said}")
    return found


def ways_to_run_what_was_read(modules: list[Module]) -> list[str]:
    """Reading what somebody else wrote would run it, or a shell would."""
    found = []
    for each in modules:
        imported = {name.partition(".")[0] for name in each.imports()}
        found += [f"{each.name} imports {name}" for name in imported & {"pickle", "marshal", "shelve", "dill", "yaml"}]
        for call in each.calls():
            if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec"):
                found.append(f"{each.name}:{call.lineno} {call.func.id}")
            if any(keyword.arg == "shell" and getattr(keyword.value, "value", 1) for keyword in call.keywords):
                found.append(f"{each.name}:{call.lineno} shell")
            if ast.unparse(call.func) in ("os.system", "os.popen", "ssl._create_unverified_context"):
                found.append(f"{each.name}:{call.lineno} {ast.unparse(call.func)}")
    return found


def expressions_that_take_forever(modules: list[Module]) -> list[str]:
    """A repeat inside a repeat, both without end, tries every way to cut a text before it gives up."""
    found = []
    for each in modules:
        for call in each.calls():
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "re" and call.args:
                text = getattr(call.args[0], "value", None)
                if isinstance(text, str) and _repeats_in_repeats(grammar.parse(text)):
                    found.append(f"{each.name}:{call.lineno} {text}")
    return found


ENDLESS = (signs.MAX_REPEAT, signs.MIN_REPEAT)


def _repeats_in_repeats(pattern: Any, inside: bool = False) -> bool:
    """Whether an endless repeat stands, with nothing that must come between, in another one."""
    is_alone = inside and len(pattern) == 1
    for sign, value in pattern:
        if sign in ENDLESS:
            endless = value[1] is signs.MAXREPEAT
            if (endless and is_alone) or _repeats_in_repeats(value[2], endless):
                return True
        branches = value[1] if sign is signs.BRANCH else [value[3]] if sign is signs.SUBPATTERN else []
        if any(_repeats_in_repeats(branch, inside if sign is signs.BRANCH else is_alone) for branch in branches):
            return True
    return False


RULES: dict[Rule, list[tuple[str, str]]] = {
    unscoped_queries: [
        ("leads.views.x", "def f(request, id):\n    return Submission.objects.get(pk=id)"),
        ("leads.views.x", "def f(team):\n    return list(Submission.objects.all())"),
        ("leads.gateway.x", "def f(id):\n    user = User.objects.filter(public_id=id).first()"),
    ],
    raw_sql: [
        ("leads.views.x", "Team.objects.raw('SELECT 1')"),
        ("leads.services.x", "rows.extra(where=['a'])"),
        ("leads.services.x", "from django.db.models.expressions import RawSQL"),
        ("leads.reports", "connection.cursor()"),
        ("leads.monitoring.x", "cursor.execute(f'SELECT {name}')"),
    ],
    forms_that_take_every_field: [
        ("leads.forms.x", "class F:\n    class Meta:\n        fields = '__all__'"),
        ("leads.forms.x", "class F:\n    class Meta:\n        exclude = ['state']"),
    ],
    values_taken_from_a_request_as_a_whole: [
        ("leads.views.x", "Team.objects.create(**request.POST.dict())"),
        ("leads.views.x", "setattr(team, name, value)"),
    ],
    checks_of_forged_forms_left_out: [
        ("leads.views.x", "from django.views.decorators.csrf import csrf_exempt"),
        ("leads.gateway.call", "@decorators.csrf_exempt\ndef f(request): ..."),
    ],
    calls_without_a_bound: [
        ("leads.outbound", "self.session.request('GET', url, timeout=5)"),
        ("leads.outbound", "self.session.request('GET', url, allow_redirects=False)"),
        ("leads.outbound", "self.session.request('GET', url, allow_redirects=False, timeout=5, verify=False)"),
        ("leads.views.x", "urllib.request.urlopen(address)"),
        ("leads.services.x", "http.client.HTTPSConnection(host)"),
    ],
    ways_to_run_what_was_read: [
        ("leads.views.x", "import pickle"),
        ("leads.services.x", "eval(text)"),
        ("leads.sheets.x", "subprocess.run(text, shell=True)"),
        ("leads.backups.x", "os.system(text)"),
    ],
    expressions_that_take_forever: [
        ("leads.forms.x", "re.compile(r'(a+)+$')"),
        ("leads.forms.x", "re.match(r'(?:[a-z]*)*x', text)"),
        ("leads.forms.x", "re.search(r'((\\d+))*', text)"),
        ("leads.forms.x", "re.fullmatch(r'(?:x|[ab]+)+', text)"),
    ],
}


@pytest.fixture(scope="module")
def house() -> list[Module]:
    return read_all()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_finds_no(rule: Rule, house: list[Module]) -> None:
    assert rule(house) == []
    assert [breach for breach in RULES[rule] if not rule([module(*breach)])] == []


def test_it_excuses_only_what_is_there(house: list[Module]) -> None:
    asked = {
        f"{each.name}.{name}" for each in house for name, chain in chains(each.tree) if not words_of(chain) & SCOPES
    }
    assert UNSCOPED.keys() <= asked
    assert {each.name for each in house} >= OWN_SQL.keys()


def test_it_knows_an_expression_that_ends(house: list[Module]) -> None:
    for text in (r"(?:a+,)+", r"\d{1,3}(?:([., ])\d{3})(?:\1\d{3})*", r"[a-z]+(?:-[a-z]+)*", r"(?:ab)+"):
        assert not _repeats_in_repeats(grammar.parse(text)), text
    assert re.compile(r"x")
