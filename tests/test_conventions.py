"""Names and shapes that keep the house easy to find one's way in."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import engines
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from docs import make_settings
from leadportal import environment
from leadportal.reference import NAMES, SETTINGS
from leads.audit import Action
from leads.models import Submission
from leads.models.keys import KeyStatus
from leads.states import State
from leads.views.action_words import ACTION_WORDS
from leads.views.deeds import DEEDS
from leads.views.wording import SAYINGS, words_for

BASE = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
PRODUCT = sorted([*(BASE / "leads").rglob("*.py"), *(BASE / "leadportal").glob("*.py"), BASE / "manage.py"])
MODULES = [path for path in PRODUCT if "migrations" not in path.parts]
SHARED_FOLDERS = {"account", "allauth", "elements", "emails", "mfa"}
MAX_LINES = 300
LONG_TABLES = {"leads/breakcold/fields.py": "one row for each field of the contract"}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def name_of(path: Path) -> str:
    return path.relative_to(BASE).as_posix()


# Templates

FRAGMENTS = [path for path in TEMPLATES if path.name.startswith("_") and path.parent.name not in SHARED_FOLDERS]


class Roots(HTMLParser):
    """Counts the elements, and the text, that stand in no other element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.depth, self.tags, self.loose = 0, list[str](), ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.tags.append(tag)
        if tag not in VOID:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in VOID

    def handle_data(self, data: str) -> None:
        if self.depth == 0:
            self.loose += data.strip()


def without_tags(source: str) -> str:
    """A template's HTML: of an ``if`` and a ``for`` the first branch stays, and an included fragment is one element."""
    source = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}|{{.*?}}", "", source, flags=re.DOTALL)
    html, open_blocks = "", list[bool]()  # whether each open block is past its first branch
    for text, word in re.findall(r"(.*?)(?:{%\s*(\w+).*?%}|\Z)", source, flags=re.DOTALL):
        html += "" if any(open_blocks) else text
        is_inside_a_tag = html.rfind("<") > html.rfind(">")
        if word in ("if", "for"):
            open_blocks.append(False)
        elif word in ("elif", "else", "empty"):
            open_blocks[-1] = True
        elif word in ("endif", "endfor"):
            open_blocks.pop()
        elif word == "include" and not any(open_blocks) and not is_inside_a_tag:
            html += "<p></p>"
    return html


@pytest.mark.parametrize("path", FRAGMENTS, ids=name_of)
def test_a_fragment_has_one_root_element(path: Path) -> None:
    """It is what a swap replaces, so there must be exactly one to replace."""
    roots = Roots(without_tags(path.read_text()))
    assert (len(roots.tags), roots.loose, roots.depth) == (1, "", 0), roots.tags


@pytest.mark.parametrize(
    "html", ["<p>a</p><p>b</p>", "text <p></p>", "<br><br>", "{% if a %}<p></p>{% endif %}<p></p>", ""]
)
def test_it_would_find_a_fragment_with_another_number_of_roots(html: str) -> None:
    roots = Roots(without_tags(html))
    assert (len(roots.tags), roots.loose) != (1, "")


def test_a_template_folder_is_a_view_module() -> None:
    views = {path.stem for path in (BASE / "leads" / "views").glob("*.py")}
    folders = {path.name for path in (BASE / "templates").iterdir() if path.is_dir()}
    assert folders - views - SHARED_FOLDERS == set()


def test_every_template_compiles() -> None:
    for path in TEMPLATES:
        engines["django"].get_template(path.relative_to(BASE / "templates").as_posix())


#: What the content security policy would block, or what would let a value be read as HTML.
FORBIDDEN = {
    "a value marked as safe": r"\|\s*safe\b|safeseq|{%\s*autoescape\s+off",
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an inline style": r"<style\b|\sstyle\s*=",
    "an inline handler": r"\son[a-z]+\s*=|\shx-on\b|\shx-on:|javascript:",
    "a request to elsewhere": r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.IGNORECASE)
    assert [name_of(path) for path in TEMPLATES if pattern.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("what", "html"),
    [
        ("a value marked as safe", "{{ lead.name|safe }}"),
        ("an inline script", "<script>alert(1)</script>"),
        ("an inline style", '<p style="color: red">'),
        ("an inline handler", '<p onclick="go()">'),
        ("an inline handler", '<p hx-on:click="go()">'),
        ("a request to elsewhere", '<script src="https://cdn.example.com/x.js"></script>'),
    ],
)
def test_it_would_find(what: str, html: str) -> None:
    assert re.search(FORBIDDEN[what], html, re.IGNORECASE)


def test_no_module_marks_text_as_safe() -> None:
    """``format_html`` escapes what is put in; ``SafeString`` is for plain words of our own."""
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "id", getattr(node, "attr", ""))
            is_own = isinstance(node, ast.Call) and all(isinstance(argument, ast.Constant) for argument in node.args)
            if name == "mark_safe":
                found.append(f"{name_of(path)}:{node.lineno}")
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("SafeString", "SafeText") and not is_own:
                found.append(f"{name_of(path)}:{node.lineno}")
    assert found == []


# Icons


def icon_names() -> set[str]:
    """Every icon that a template or a table names."""
    source = "".join(path.read_text() for path in TEMPLATES)
    named = re.findall(r"{%\s*(?:lucide|icon)\s+[\"']([\w-]+)[\"']", source)
    return {*named, *(words.icon for words in ACTION_WORDS.values())}


@pytest.mark.parametrize("name", sorted(icon_names()))
def test_an_icon_is_there(name: str) -> None:
    assert "<svg" in lucide(name)


def test_it_would_miss_an_icon_that_is_not_there() -> None:
    with pytest.raises(IconDoesNotExist):
        lucide("no-such-icon")


# Words


def test_every_action_has_words() -> None:
    assert set(ACTION_WORDS) == set(Action)
    assert not [action for action, words in ACTION_WORDS.items() if not words.words or not words.icon]


def test_every_action_is_named_area_and_past_tense() -> None:
    assert not [action for action in Action if not re.fullmatch(r"[a-z]+\.[a-z_]+", action) or len(action) > 40]


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State) -> None:
    words = words_for(Submission(state=state), None)
    assert words.title and words.text and words.tone in {"ok", "info", "warn", "danger", "quiet"}


def test_no_words_are_left_of_a_state_that_is_gone() -> None:
    assert set(SAYINGS) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_badge(state: State) -> None:
    badge = engines["django"].get_template("elements/_status_badge.html")
    html = badge.render({"state": state.value, "label": state.label})
    assert state.label in html and "<svg" in html


def test_every_key_status_has_a_word() -> None:
    assert all(status.label for status in KeyStatus)


def test_every_deed_of_a_person_says_what_was_done() -> None:
    assert not [deed.name for deed in DEEDS.values() if not deed.label or not deed.done.endswith(".")]


# Modules and tests


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short(path: Path) -> None:
    if name_of(path) not in LONG_TABLES:
        assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_tests_mirror_the_code() -> None:
    packages = {path.parent.name for path in (BASE / "leads").glob("*/__init__.py")}
    own = {"audit", "browser", "commands", "data"}  # a module, journeys through all of it, a deeper package, samples
    folders = {path.name for path in (BASE / "tests").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders - packages - own == set()


def test_a_test_says_what_it_does() -> None:
    found = []
    for path in sorted((BASE / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and len(node.name.split("_")) < 3:
                found.append(f"{name_of(path)}: {node.name}")
    assert found == []


def test_nothing_speaks_of_work_that_is_left_to_do() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [name_of(path) for path in [*MODULES, *TEMPLATES] if marks.search(path.read_text())] == []


# Settings


def settings_read() -> set[str]:
    """Every name that the settings read from the environment."""
    names: set[str] = set()
    for path in (BASE / "leadportal").glob("*.py"):
        reader = r"read|secret" if path.name == "environment.py" else r"env\.\w+"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(reader, ast.unparse(node.func)):
                texts = [word.value for word in node.args if isinstance(word, ast.Constant)]
                names |= {text for text in texts if isinstance(text, str) and re.fullmatch(r"[A-Z][A-Z_]+", text)}
    return names


def test_it_knows_which_settings_there_are() -> None:
    assert {
        "SECRET_KEY",
        "PORTAL_DATA_DIR",
        "PORTAL_LOG_FORMAT",
        "PORTAL_URL",
        "DATABASE_URL",
        "PORTAL_ENCRYPTION_KEYS",
    } <= settings_read()


def test_the_table_names_every_setting_and_no_other() -> None:
    assert settings_read() == NAMES
    assert len(SETTINGS) == len(NAMES)


def test_a_setting_that_is_not_in_the_table_cannot_be_read() -> None:
    with pytest.raises(LookupError, match=r"reference\.py"):
        environment.read("str", "PORTAL_SOMETHING_NEW", "")


def test_the_page_about_settings_is_made_of_the_table() -> None:
    """``.venv/bin/python -m docs.make_settings`` writes it."""
    assert make_settings.PAGE.read_text() == make_settings.rendered()


# Pictures


def test_each_picture_is_shown_and_each_that_is_shown_is_there() -> None:
    pages = [BASE / "README.md", *(BASE / "docs").glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"pictures/([\w-]+\.png)", page.read_text())}
    assert {path.name for path in (BASE / "docs" / "pictures").iterdir()} == shown
