"""Reads a page as a browser would: its elements, and what its forms would send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str = "", **attrs: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            element
            for element in self.walk()
            if element.tag == (tag or element.tag)
            and all(element.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", **attrs: str) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} elements are {tag} {attrs}"
        return found[0]

    def sends(self) -> dict[str, list[str]]:
        """What a browser sends for this form, the buttons left out."""
        sent: dict[str, list[str]] = {}
        for element in self.walk():
            if element.attrs.get("name") and "disabled" not in element.attrs:
                for value in _values_of(element):
                    sent.setdefault(element.attrs["name"], []).append(value)
        return sent


def _values_of(element: Element) -> list[str]:
    kind = element.attrs.get("type", "text")
    if element.tag == "textarea":
        return [element.text.removeprefix("\n")]
    if element.tag == "select":
        options = element.all("option")
        chosen = [option for option in options if "selected" in option.attrs]
        if not chosen and "multiple" not in element.attrs:
            chosen = options[:1]
        return [option.attrs.get("value", option.text) for option in chosen]
    if element.tag != "input" or kind in ("submit", "button"):
        return []
    if kind in ("checkbox", "radio"):
        return [element.attrs.get("value", "on")] if "checked" in element.attrs else []
    return [element.attrs.get("value", "")]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        opened: Element | None = self.here
        while opened is not None and opened.tag != tag:
            opened = opened.parent
        if opened is not None and opened.parent is not None:
            self.here = opened.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parse(response) -> Element:
    """The page in ``response``. No id stands on it twice."""
    builder = _Builder()
    builder.feed(response.content.decode())
    ids = Counter(element.attrs["id"] for element in builder.root.walk() if element.attrs.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    return builder.root


def lead_form(response) -> Element:
    return parse(response).one("form", id="lead-form")


def errors_of(response) -> dict[str, str]:
    """Field name -> message, as they stand beside the fields."""
    messages = {
        element.attrs["id"].removeprefix("message-"): " ".join(element.text.split())
        for element in parse(response).all("div", class_="message")
    }
    return {name: text for name, text in messages.items() if text}
