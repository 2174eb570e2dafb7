from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from leads.models import User
from leads.views.styleguide import TONES
from tests.factories import PASSWORD

from .page import parse

CSS = Path(settings.BASE_DIR, "static/leads/app.css").read_text()
#: What the page around it shows, and what no page shows for long.
ELSEWHERE = {
    "entrance",
    "preset",
    "preset-rows",
    "qr",
    "needs-script",
    "wide-only",
    "grow",
    "nav",
    "narrow",
    "slim",
    "wide",
}


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root@example.com", PASSWORD)


def test_it_is_there_for_staff_alone(root, alice, team, browse):
    assert browse(root).client.get("/styleguide/").status_code == 200
    for somebody in (alice, root):
        for verb in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert browse(somebody).client.generic(verb, "/styleguide/").status_code == 405
    assert browse(alice).client.get("/styleguide/").status_code == 404
    assert browse(None).client.get("/styleguide/")["Location"] == "/accounts/login/?next=/styleguide/"


def test_it_shows_every_component_of_the_style_sheet(root, browse):
    """The list at the head of the style sheet is what there is; a new component is added there and to this page."""
    page = parse(browse(root).client.get("/styleguide/"))
    shown = {name for element in page.all() for name in element.attrs.get("class", "").split()}
    listed = set(re.findall(r"[a-z]+(?:-[a-z]+)*", _list_of_components())) - {"ins", "and", "del"}
    assert listed - shown - ELSEWHERE == set()
    tones = {element.attrs["data-tone"] for element in page.all() if "data-tone" in element.attrs}
    assert set(TONES) <= tones


def test_the_list_names_every_component_there_is():
    names = set(re.findall(r"^  \.([a-z-]+)", CSS, re.MULTILINE)) | set(re.findall(r", \.([a-z-]+) \{", CSS))
    assert names - set(re.findall(r"[a-z]+(?:-[a-z]+)*", _list_of_components())) == set()


def _list_of_components():
    """Without the remarks: from "Layout" to the end of the comment."""
    head = CSS[: CSS.index("*/")]
    lines = head[head.index("Layout") :].splitlines()
    return " ".join(re.sub(r"^ *[A-Z]\w+ |\(shown.*", "", line) for line in lines)
