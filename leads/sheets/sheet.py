"""What a spreadsheet is once it is read: text under headings, and what people should know about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000  # below the headings
MAX_COLUMNS = 200
MAX_CELL = 32_767  # characters: what a cell of a spreadsheet program holds


class Unreadable(Exception):
    """It cannot be read. ``str(exc)`` is one plain sentence for people."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something people should know. ``column`` counts from 0, ``row`` as spreadsheet programs count, from 1."""

    text: str
    column: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Each row has as many cells as there are headings; ``row_numbers`` says where it stands in the file.

    ``has_headings`` is False when the first row looks like data. It is taken for the headings all the same, until
    somebody says otherwise: see ``with_first_row_as_data``.
    """

    headings: list[str]
    rows: list[list[str]]
    row_numbers: list[int]
    notes: list[Note]
    kind: str  # "csv", "tsv" or "xlsx"
    encoding: str  # as people call it; "" for XLSX
    delimiter: str  # "" for XLSX
    has_headings: bool = True
    heading_row: int = field(default=1)

    def with_first_row_as_data(self) -> Sheet:
        """The same with nothing but ``Column A``, ``Column B`` … above it."""
        return replace(
            self,
            headings=[f"Column {letters(index)}" for index in range(len(self.headings))],
            rows=[self.headings, *self.rows],
            row_numbers=[self.heading_row, *self.row_numbers],
            has_headings=True,
        )


def letters(index: int) -> str:
    """A column's name in a spreadsheet program: 0 is A, 26 is AA."""
    name, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
