"""A campaign in parts plays every scenario as often as a whole one."""

from __future__ import annotations

import argparse

import pytest

from bench.faults.side_by_side import Part, share


@pytest.mark.parametrize("parts", [1, 2, 7, 24])
def test_it_plays_as_often_in_parts_as_in_one(parts):
    for count in (1, 5, 20, 1_000):
        for turn in range(20):
            shares = [share(count, turn, Part(number, parts), is_whole=False) for number in range(1, parts + 1)]
            assert sum(shares) == count and max(shares) - min(shares) <= 1
            whole = [share(count, turn, Part(number, parts), is_whole=True) for number in range(1, parts + 1)]
            assert sorted(whole) == [0] * (parts - 1) + [count]


def test_it_reads_which_part_and_refuses_what_is_none():
    assert (Part.read("3/24"), str(Part(3, 24))) == (Part(3, 24), "3/24")
    for text in ("0/2", "3/2", "-1/2"):
        with pytest.raises(argparse.ArgumentTypeError):
            Part.read(text)
    for text in ("", "1", "a/b"):
        with pytest.raises(ValueError):
            Part.read(text)
