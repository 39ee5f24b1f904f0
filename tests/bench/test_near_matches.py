"""The one hint: names that are like the one given."""

from __future__ import annotations

from bench.near_matches import near_matches


def test_the_likest_come_first_and_case_does_not_count() -> None:
    assert near_matches("THYROD", ["wine", "Thyroid", "thyroid2"]) == ["Thyroid", "thyroid2"]
    assert near_matches("devnet", ["DevNet", "devnet"]) == ["DevNet"]  # alike but for case: the first
    assert near_matches("zzz", ["wine", "glass"]) == []


def test_no_more_than_asked() -> None:
    known = [f"set{n}" for n in range(9)]
    assert len(near_matches("set", known)) == 3 and len(near_matches("set", known, most=1)) == 1
