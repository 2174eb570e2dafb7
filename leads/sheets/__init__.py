"""Spreadsheets, read and written: CSV, TSV, XLSX and pasted cells. Knows nothing of leads, and no Django."""

from .apart import read_in_child
from .guard import guarded, unguarded
from .reading import read
from .sheet import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, Note, Sheet, Unreadable
from .text import from_text
from .writing import csv_rows, xlsx_file

__all__ = [
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Note",
    "Sheet",
    "Unreadable",
    "csv_rows",
    "from_text",
    "guarded",
    "read",
    "read_in_child",
    "unguarded",
    "xlsx_file",
]
