from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leads.breakcold.errors import Answer, RateLimit
from leads.delivery import lookup
from leads.delivery.policy import Seen

SENT_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BODY = {"email": "aoife@example.com", "first_name": "Aoife", "last_name": "Byrne", "company": "Byrne & Co"}


def made(lead_id="id-1", *, seconds=1.0, **values):
    at = (SENT_AT + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    return {"id": lead_id, "created_at": at, **BODY, **values}


def stranger(number, *, seconds=0.0):
    return made(f"other-{number}", seconds=seconds, email=f"{number}@example.com", first_name="Someone")


def look_up(*pages, body=BODY, total=None, taken=(), calls=None):
    def read(page, page_size):
        if calls is not None:
            calls.append(page)
        rows = pages[page - 1] if page <= len(pages) else []
        said = rows if isinstance(rows, dict) else {"leads": rows, **({} if total is None else {"total": total})}
        return Answer(status=200, body=said, rate_limit=RateLimit())

    return lookup.look_up(read, body, sent_at=SENT_AT, taken_of=lambda ids: ids & set(taken))


def test_it_finds_the_one_lead_that_was_made():
    sighting = look_up([stranger(1), made()], total=2)
    assert (sighting.seen, sighting.lead["id"]) == (Seen.ONE, "id-1")


def test_it_says_none_when_everything_was_read():
    assert look_up([stranger(1), stranger(2)], total=2).seen is Seen.NONE


def test_it_says_several_when_two_could_be_it():
    assert look_up([made("a"), made("b")], total=2).seen is Seen.SEVERAL


def test_it_passes_over_leads_of_other_submissions():
    sighting = look_up([made("a"), made("b")], total=2, taken={"a"})
    assert (sighting.seen, sighting.lead["id"]) == (Seen.ONE, "b")
    assert look_up([made("a")], total=1, taken={"a"}).seen is Seen.NONE


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"email": "Aoife@Example.com"}, {"email": "aoife@example.com"}),
        ({"phone": "+353 1 234 5678"}, {"phone": "+35312345678"}),
        ({"linkedin_url": "https://www.linkedin.com/in/aoife-byrne/"}, {"linkedin_url": "aoife-byrne"}),
        ({"first_name": "Aoife", "last_name": "Byrne"}, {"first_name": "aoife ", "last_name": "BYRNE"}),
        ({"company": "Byrne"}, {"company": "Byrne", "is_company": False}),
    ],
)
def test_it_knows_a_value_in_the_form_breakcold_gives_it(ours, theirs):
    lead = {"id": "x", "created_at": SENT_AT.isoformat(), **theirs}
    assert look_up([lead], body=ours, total=1).seen is Seen.ONE


@pytest.mark.parametrize(
    "other",
    [{"email": "someone@example.com"}, {"email": None, "first_name": "Sinead"}, {"is_company": True}],
)
def test_it_does_not_take_another_lead_for_ours(other):
    assert look_up([made(**other)], total=1).seen is Seen.NONE


def test_it_does_not_take_an_older_lead_for_ours():
    assert look_up([made(seconds=-301)], total=1).seen is Seen.NONE


def test_it_allows_for_clocks_that_differ():
    assert look_up([made(seconds=-299)], total=1).seen is Seen.ONE


@pytest.mark.parametrize(
    "lead",
    [
        made(website_url="https://else.example", city="Cork", company="Something else"),
        {name: value for name, value in made().items() if name != "created_at"},
        made(created_at="yesterday"),
        {name: value for name, value in made().items() if name != "id"},
        made("x" * 101),
        made(""),
    ],
    ids=["differs elsewhere", "no time", "odd time", "no id", "endless id", "empty id"],
)
def test_it_is_unsure_about_a_lead_that_may_be_ours(lead):
    """Sending again would make it twice; only what is certainly somebody else's may be passed over."""
    assert look_up([lead], total=1).seen is Seen.UNSURE


@pytest.mark.parametrize("answer", [None, "<html>", 7, {"leads": "none"}, {"leads": [1, 2]}, {"items": []}])
def test_it_is_unsure_when_the_answer_has_no_known_shape(answer):
    def read(page, page_size):
        return Answer(status=200, body=answer, rate_limit=RateLimit())

    sighting = lookup.look_up(read, BODY, sent_at=SENT_AT, taken_of=lambda ids: set())
    assert sighting.seen is Seen.UNSURE


def test_it_reads_on_until_the_total_is_reached():
    first = [stranger(number) for number in range(50)]
    assert look_up(first, [made()], total=51).seen is Seen.ONE


def test_it_reads_on_after_a_short_page_when_no_total_is_given():
    """Breakcold may give fewer leads to a page than it was asked for."""
    assert look_up([stranger(1)], [made()]).seen is Seen.ONE
    assert look_up([stranger(1)], []).seen is Seen.NONE


def test_it_stops_where_the_leads_are_older_than_the_sending():
    calls = []
    pages = [[stranger(1), stranger(2, seconds=-400)], [made()]]
    assert look_up(*pages, total=1000, calls=calls).seen is Seen.NONE
    assert calls == [1]


def test_it_does_not_stop_at_an_old_lead_when_the_order_is_unknown():
    pages = [[stranger(1, seconds=-400), stranger(2)], [made()]]
    assert look_up(*pages, total=3).seen is Seen.ONE


def test_it_is_unsure_when_there_is_more_than_it_reads():
    pages = [[stranger(page * 100 + number) for number in range(100)] for page in range(17)]
    calls = []
    assert look_up(*pages, total=1_700, calls=calls).seen is Seen.UNSURE
    assert calls == list(range(1, lookup.MAX_PAGES + 1))


def test_the_last_look_up_still_sees_back_to_the_sending_when_a_lead_is_made_each_second():
    """Else each of them would be left to a person while an import runs."""
    newest = 15 * 60
    leads = [stranger(number, seconds=newest - number) for number in range(newest + 10 * 60)]
    pages = [leads[start : start + lookup.PAGE_SIZE] for start in range(0, len(leads), lookup.PAGE_SIZE)]
    assert look_up(*pages, total=100_000).seen is Seen.NONE


def test_it_is_unsure_when_every_page_is_the_same():
    page = [stranger(number) for number in range(100)]
    calls = []
    assert look_up(page, page, page, total=300, calls=calls).seen is Seen.UNSURE
    assert calls == [1, 2]


def test_it_compares_times_at_the_edge_of_the_calendar():
    odd = [made("a", created_at="0001-01-01T00:00:00+23:59"), made("b", created_at="9999-12-31T23:59:59-23:59")]
    assert look_up(odd, total=2).seen in Seen
