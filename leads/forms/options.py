"""What a team may choose from. Few options are there in full; of many only those that are named or searched for.

A form that held five thousand tags would be slow for everybody, so a field with more than ``LARGE`` options, or one
that comes after ``ALL_INLINE`` others, shows what is chosen and asks the server for the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import reduce
from operator import or_
from typing import Any, Protocol

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from leads.breakcold.fields import FIELDS, Kind
from leads.models import CustomAttribute, PickerOption, Team
from leads.models.pickers import PickerKind, searched
from leads.normalise import folded

LARGE = 50  # options of one field
ALL_INLINE = 500  # options of all fields together
MATCHES = 50  # shown at once
MAX_WORDS = 10
TAIL = 6  # characters of an id that tell two options of one name apart
MAX_ID_CHARACTERS = 200
FIELD_OF = {field.picker: field.name for field in FIELDS if field.picker and field.kind is Kind.OPTIONS}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option. No two of one field are called the same; a status knows the list it is a step of."""

    id: str
    name: str
    color: str = ""
    list_id: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The best matches of a search, and how many there are beside them."""

    choices: tuple[Choice, ...]
    more: int = 0


class Source(Protocol):
    """Where the options of one field come from; ``field`` is the name under which the server is asked for matches."""

    @property
    def field(self) -> str: ...
    @property
    def is_large(self) -> bool: ...
    def all(self) -> list[Choice]:
        """Every option, in order; of a large source none."""
        ...

    def known(self, ids: Iterable[str]) -> dict[str, Choice]:
        """Those of ``ids`` that can be chosen now."""
        ...

    def search(self, text: str, lists: Collection[str] = ()) -> Found:
        """Those whose name has every word of ``text``, the best first; of steps only those of ``lists``, if any
        are named.
        """
        ...

    def name_of(self, option_id: str) -> str:
        """What an option is or was called; the id where nobody knows."""
        ...


def told_apart(choices: Iterable[Choice], shared: Collection[str] | None = None) -> list[Choice]:
    """The choices, where several have one name with their list, else the end of their id, behind it.

    ``shared`` are the names that several have, for who does not hold all of them.
    """
    choices = list(choices)
    if shared is None:
        shared = _repeated(choice.name for choice in choices)
    named = [
        replace(choice, name=f"{choice.name} ({choice.list_name})")
        if choice.name in shared and choice.list_name
        else choice
        for choice in choices
    ]
    still = _repeated(choice.name for choice in named) | set(shared)
    return [
        replace(choice, name=f"{choice.name} (…{choice.id[-TAIL:]})") if choice.name in still else choice
        for choice in named
    ]


def _repeated(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def _is_id(value: Any) -> bool:
    """Whether this can be asked for: the database takes no NUL and no half characters."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARACTERS or "\0" in value:
        return False
    return not any(0xD800 <= ord(char) <= 0xDFFF for char in value)


def _rank(words: str, name: str) -> int:
    """0 for a name that begins so, 1 for one with a word that does, 2 for the rest."""
    return 0 if name.startswith(words) else 1 if f" {words}" in name else 2


@dataclass(slots=True)
class Listed:
    """A source that is held in full: the options of one custom attribute."""

    choices: list[Choice]
    is_large: bool = False
    field: str = ""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], *, is_large: bool = False, field: str = "") -> Listed:
        return cls(told_apart(Choice(str(key), str(name)) for key, name in pairs), is_large, field)

    def all(self) -> list[Choice]:
        return [] if self.is_large else self.choices

    def known(self, ids: Iterable[str]) -> dict[str, Choice]:
        by_id = {choice.id: choice for choice in self.choices}
        return {key: by_id[key] for key in ids if key in by_id}

    def search(self, text: str, lists: Collection[str] = ()) -> Found:
        wanted = folded(text.replace("\0", ""))
        words = wanted.split()[:MAX_WORDS]
        found = [choice for choice in self.choices if all(word in folded(choice.name) for word in words)]
        found.sort(key=lambda choice: _rank(wanted, folded(choice.name)))
        return Found(tuple(found[:MATCHES]), max(len(found) - MATCHES, 0))

    def name_of(self, option_id: str) -> str:
        return next((choice.name for choice in self.choices if choice.id == option_id), option_id)


@dataclass(slots=True)
class OfKind:
    """A team's lists, steps, tags or owners. What was looked up once is not asked for again."""

    team: Team
    kind: str
    is_large: bool
    held: dict[str, Choice] = dataclass_field(default_factory=dict)
    missing: set[str] = dataclass_field(default_factory=set)

    @property
    def field(self) -> str:
        return FIELD_OF[self.kind]

    def rows(self) -> QuerySet[PickerOption]:
        return PickerOption.objects.offered_to(self.team).filter(kind=self.kind)

    def all(self) -> list[Choice]:
        return [] if self.is_large else list(self.held.values())

    def known(self, ids: Iterable[str]) -> dict[str, Choice]:
        ids = [key for key in ids if isinstance(key, str)]
        if self.wanted(ids):
            self.hold(ids, self.rows())
        return {key: self.held[key] for key in ids if key in self.held}

    def wanted(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that have to be asked for."""
        return {key for key in ids if _is_id(key)} - self.held.keys() - self.missing if self.is_large else set()

    def hold(self, ids: Iterable[str], rows: Iterable[PickerOption] | QuerySet[PickerOption]) -> None:
        wanted = self.wanted(ids)
        if not wanted:
            return
        if isinstance(rows, QuerySet):
            rows = rows.filter(external_id__in=wanted)
        found = self._choices(row for row in rows if row.external_id in wanted)
        self.held |= {choice.id: choice for choice in found}
        self.missing |= wanted - self.held.keys()

    def search(self, text: str, lists: Collection[str] = ()) -> Found:
        wanted = searched(text.replace("\0", ""))
        rows = self.rows()
        for word in wanted.split()[:MAX_WORDS]:
            rows = rows.filter(search_text__contains=word)
        if self.kind == PickerKind.STATUS and any(lists):
            rows = rows.filter(list_id__in=["", *filter(_is_id, lists)])
        rank = Case(
            When(search_text__startswith=wanted, then=Value(0)),
            When(search_text__contains=f" {wanted}", then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        rows = rows.annotate(rank=rank).order_by("rank", "position", "name", "pk")
        found = self._choices(rows[:MATCHES])
        more = rows.count() - len(found) if len(found) == MATCHES else 0
        return Found(tuple(found), more)

    def name_of(self, option_id: str) -> str:
        if option_id in self.held:
            return self.held[option_id].name
        rows = PickerOption.objects.seen_by(self.team).filter(kind=self.kind, external_id=option_id)
        found = rows.values_list("name", flat=True).first() if _is_id(option_id) else None
        return found or option_id

    def _choices(self, rows: Iterable[PickerOption]) -> list[Choice]:
        """Choices of some of a large source: which names are shared, and what the lists are called, is asked for."""
        rows = list(rows)
        if not rows:
            return []
        names = {row.name for row in rows}
        counted = self.rows().filter(name__in=names).order_by().values("name").annotate(many=Count("pk"))
        lists = {row.list_id for row in rows if row.list_id}
        titles = PickerOption.objects.offered_to(self.team).filter(kind=PickerKind.LIST, external_id__in=lists)
        list_names = dict(titles.values_list("external_id", "name")) if lists else {}
        shared = set(counted.filter(many__gt=1).values_list("name", flat=True))
        return told_apart((_choice(row, list_names) for row in rows), shared)


def _choice(row: PickerOption, list_names: Mapping[str, str]) -> Choice:
    return Choice(row.external_id, row.name, row.color, row.list_id, list_names.get(row.list_id, ""))


@dataclass(frozen=True, slots=True)
class Options:
    """What a team may choose from, by kind, and its custom attributes."""

    kinds: Mapping[str, OfKind]
    attributes: tuple[CustomAttribute, ...]
    large_attributes: frozenset[str]

    def of(self, kind: str) -> OfKind:
        return self.kinds[kind]

    def known(self, kind: str, ids: Iterable[str]) -> dict[str, Choice]:
        return self.kinds[kind].known(ids)

    def of_attribute(self, row: CustomAttribute) -> Listed:
        pairs = [(option["id"], option["name"]) for option in row.options]
        is_large = row.external_id in self.large_attributes
        return Listed.of(pairs, is_large=is_large, field=f"attributes.{row.external_id}")

    def look_up(self, ids: Mapping[str, Iterable[str]]) -> None:
        """Have the named ids of each kind at hand: one query for all large kinds together."""
        wanted = {kind: self.kinds[kind].wanted(named) for kind, named in ids.items()}
        asked = [Q(kind=kind, external_id__in=named) for kind, named in wanted.items() if named]
        if not asked:
            return
        by_kind: dict[str, list[PickerOption]] = defaultdict(list)
        team = next(iter(self.kinds.values())).team
        for row in PickerOption.objects.offered_to(team).filter(reduce(or_, asked)):
            by_kind[row.kind].append(row)
        for kind, named in wanted.items():
            self.kinds[kind].hold(named, by_kind[kind])


def options_of(team: Team) -> Options:
    """The team's options as last synced: three queries, however many there are."""
    counted = PickerOption.objects.offered_to(team).order_by().values_list("kind").annotate(many=Count("pk"))
    counts: dict[str, int] = dict(counted)
    kinds, room = {}, ALL_INLINE
    for kind in PickerKind.values:
        many = counts.get(kind, 0)
        kinds[kind] = OfKind(team, kind, is_large=many > min(LARGE, room))
        room -= 0 if kinds[kind].is_large else many
    _fill_small(team, kinds)
    attributes = tuple(CustomAttribute.objects.offered_to(team))
    large = set()
    for row in attributes:
        if len(row.options) > min(LARGE, room):
            large.add(row.external_id)
        else:
            room -= len(row.options)
    return Options(kinds, attributes, frozenset(large))


def _fill_small(team: Team, kinds: Mapping[str, OfKind]) -> None:
    small = [kind for kind, source in kinds.items() if not source.is_large]
    rows: dict[str, list[PickerOption]] = defaultdict(list)
    for row in PickerOption.objects.offered_to(team).filter(kind__in=small):
        rows[row.kind].append(row)
    list_names = {row.external_id: row.name for row in rows[PickerKind.LIST]}
    if kinds[PickerKind.LIST].is_large:
        named = {row.list_id for row in rows[PickerKind.STATUS] if row.list_id}
        list_names = {key: choice.name for key, choice in kinds[PickerKind.LIST].known(sorted(named)).items()}
    order = {key: place for place, key in enumerate(list_names)}
    for kind in small:
        found = [_choice(row, list_names) for row in rows[kind]]
        found.sort(key=lambda choice: order.get(choice.list_id, -1 if not choice.list_id else len(order)))
        kinds[kind].held |= {choice.id: choice for choice in told_apart(found)}
