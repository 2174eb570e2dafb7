from __future__ import annotations

import pytest

from leads.normalise import folded, linkedin_slug, promoted, title_of


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Åsa  Ó Briain", "asa o briain"),
        (" \tStraße\n", "strasse"),
        ("ＡＢＣ", "abc"),
        ("e\u0301", "e"),
        ("İstanbul", "istanbul"),
        ("", ""),
        ("李 雷", "李 雷"),
    ],
)
def test_it_folds_case_accents_and_space(text: str, form: str) -> None:
    assert folded(text) == form == folded(form)


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.linkedin.com/in/Aoife-OBrien/", "aoife-obrien"),
        ("https://ie.linkedin.com/in/aoife?trk=x", "aoife"),
        ("http://linkedin.com/pub/aoife#top", "aoife"),
        ("LinkedIn.com/company/acme/about/", "acme"),
        ("https://example.com/in/aoife", ""),
        ("https://www.linkedin.com/in/", ""),
        ("", ""),
    ],
)
def test_it_finds_the_name_in_a_linkedin_address(url: str, slug: str) -> None:
    assert linkedin_slug(url) == slug


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"first_name": "Aoife", "last_name": "O'Brien", "company": "Acme"}, "Aoife O'Brien"),
        ({"last_name": "O'Brien"}, "O'Brien"),
        ({"company": "Acme", "email": "a@example.com"}, "Acme"),
        ({"is_company": True, "first_name": "Aoife", "company": "Acme"}, "Acme"),
        ({"is_company": True, "first_name": "Aoife"}, "Aoife"),
        ({"is_company": True, "phone": "+3531"}, "+3531"),
        ({"linkedin_url": "https://linkedin.com/in/x"}, "https://linkedin.com/in/x"),
        ({}, ""),
    ],
)
def test_it_calls_a_lead_what_people_would(values: dict, title: str) -> None:
    assert title_of(values) == title


def test_it_fits_every_column_whatever_is_entered() -> None:
    long = "ß" * 9_000  # folds to twice its length
    values = dict.fromkeys(("first_name", "last_name", "email", "phone", "company", "icebreaker"), long)
    columns = promoted({**values, "linkedin_url": f"https://linkedin.com/in/{'İ' * 200}"})
    limits = {
        "title": 450,
        "email_key": 254,
        "phone_key": 40,
        "linkedin_key": 200,
        "name_key": 400,
        "company_key": 200,
        "search_text": 8_000,
    }
    assert {name: len(text) <= limits[name] for name, text in columns.items()} == dict.fromkeys(limits, True)


def test_it_searches_what_is_typed_and_not_ids_or_amounts() -> None:
    columns = promoted({"first_name": "Zoë", "city": "Köln", "tags": ["tag-id"], "contract_value": "4711"})
    assert columns["search_text"] == "zoe koln"
