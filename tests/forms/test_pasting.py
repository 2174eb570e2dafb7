"""Pasted lines and CSV files are read by their shape; what cannot be read is named by its line."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from leads.forms.pasting import decoded, read_attributes, read_options, read_pairs
from leads.services.attributes import NewAttribute
from leads.services.options import NewOption


def refused(read, text) -> str:
    with pytest.raises(ValidationError) as caught:
        read(text)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a\tHot", [(1, "a", "Hot")]),
        ("a;Hot", [(1, "a", "Hot")]),
        ("a,Hot", [(1, "a", "Hot")]),
        (" a ; Hot, but not too hot ", [(1, "a", "Hot, but not too hot")]),
        ('a,"Hot, cold",#fff', [(1, "a", "Hot, cold", "#fff")]),
        ('a,5" screen', [(1, "a", '5" screen')]),
        ("a;Hot;#2563eb;Inbound", [(1, "a", "Hot", "#2563eb", "Inbound")]),
        ("a;Hot;;", [(1, "a", "Hot")]),
        ("id;name\r\na;Hot\r\n\r\nb;Cold", [(2, "a", "Hot"), (4, "b", "Cold")]),
        ("Name,ID,color\nx,y", [(2, "x", "y")]),
        ("a;Hot\rb;Cold", [(1, "a", "Hot"), (2, "b", "Cold")]),
        ("a;Hot\x0bter", [(1, "a", "Hot\x0bter")]),  # judged where it is kept, by its line
        ("", []),
    ],
)
def test_it_reads_options(text, rows):
    assert read_options(text) == [NewOption(*row) for row in rows]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a", "Line 1: Write id and name"),
        ("a;Hot\nalone", "Line 2: Write id and name"),
        ("a;b;c;d;e", "Line 1: Write id and name"),
        ("id;name", "only a line of headings"),
        ("a;b\n" * 10_001, "10,001 lines; at most 10,000"),
        ("\n".join(["id;name", *["a;b"] * 10_001]), "10,001 lines"),
    ],
)
def test_it_refuses_options(text, says):
    assert says in refused(read_options, text)


def test_it_names_every_line_it_cannot_read():
    said = refused(read_options, "one\na;Hot\nthree")
    assert "Line 1:" in said and "Line 3:" in said and "Line 2:" not in said


def test_it_reads_the_options_of_a_select():
    assert read_pairs("a;Retail\n b ; Logistics | c;Services\n\n") == (
        ("a", "Retail"),
        ("b", "Logistics"),
        ("c", "Services"),
    )
    assert "“Retail” is no option" in refused(read_pairs, "a;A\nRetail")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,name,type\nx,Size,number\n", [(2, "x", "Size", "NUMBER")]),
        ("ID;Name;Kind;isMultiSelect;Options\nx;Size;SELECT;yes;\"a;A|b;B\"\n",
         [(2, "x", "Size", "SELECT", True, (("a", "A"), ("b", "B")))]),
        ("id,name,type,multiple,options\r\nx,Size,SELECT,,\"a;A\nb;B\"\r\ny,Note,TEXT,no,\r\n",
         [(2, "x", "Size", "SELECT", False, (("a", "A"), ("b", "B"))), (4, "y", "Note", "TEXT")]),
        ("\n\nid,name,type\n\nx,Size,DATE\n", [(5, "x", "Size", "DATE")]),
        ("id\tname\ttype\nx\tSize, big\tTEXT", [(2, "x", "Size, big", "TEXT")]),
        ("id,name,type\nx,Size", [(2, "x", "Size", "")]),
    ],
)  # fmt: skip
def test_it_reads_attributes(text, rows):
    assert read_attributes(text) == [NewAttribute(*row) for row in rows]


def test_it_reads_thousands_of_options_in_one_cell():
    options = "|".join(f"option-{number:036};Option {number}" for number in range(5_000))
    [row] = read_attributes(f"id,name,type,multiple,options\nx,Size,SELECT,yes,{options}")
    assert len(row.options) == 5_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("id,name,type", "only a line of headings"),
        ("x,Size,NUMBER", "must name the columns"),
        ("id,name\nx,Size", "must name the columns"),
        ("id,name,type,colour\nx,Size,TEXT,red", "It says: colour"),
        ("id,id,name,type\nx,x,Size,TEXT", "must name the columns"),
        ("id,name,type\nx,Size,TEXT,more", "Line 2: It has 4 columns, the headings have 3"),
        ("id,name,type,multiple\nx,Size,SELECT,perhaps", "Line 2: “perhaps” is neither yes nor no"),
        ("id,name,type,multiple,options\nx,Size,SELECT,,Retail", "Line 2: “Retail” is no option"),
        ('id,name,type\nx,"Size,TEXT', "Line 2: This cannot be read as CSV"),
        ("id,name,type\n" + "x,Size,TEXT\n" * 10_001, "10,001 lines"),
    ],
)
def test_it_refuses_attributes(text, says):
    assert says in refused(read_attributes, text)


@pytest.mark.parametrize("data", ["id;ü".encode("cp1252"), "id;name".encode("utf-16"), b"id\0", b"\xff\xfe"])
def test_it_refuses_a_file_in_another_encoding(data):
    assert "CSV UTF-8" in refused(decoded, data)


def test_it_reads_a_file_as_spreadsheets_write_it():
    assert decoded("\ufeffid,ü".encode()) == "id,ü"
    assert "larger than 2 MB" in refused(decoded, b"x" * (2 * 1024 * 1024 + 1))
