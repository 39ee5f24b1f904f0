"""Paired tests: the enumeration of signs gives SciPy's p-values where there are ties and zeros."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.report import pairwise


@pytest.mark.parametrize("families", [3, 6, 8])
def test_enumerated_signs_give_the_library_s_p_values(families: int) -> None:
    stream = np.random.default_rng(families)
    for _ in range(6):
        differences = np.round(stream.normal(0.4, 1.0, families)) / 4  # full of ties, some zeros
        if not differences.any():
            continue
        theirs = stats.wilcoxon(differences, zero_method="zsplit").pvalue
        assert pairwise.signed_rank(differences) == pytest.approx(theirs, abs=1e-12)


def test_without_ties_and_with_many_families_the_library_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairwise, "_enumerated", None)
    stream = np.random.default_rng(0)
    assert 0 < pairwise.signed_rank(stream.normal(size=9)) <= 1
    assert 0 < pairwise.signed_rank(np.round(stream.normal(size=20))) <= 1


def test_all_signs_are_as_likely() -> None:
    """Five differences of one size and sign: 2 of 32 patterns are as extreme."""
    assert pairwise.signed_rank(np.full(5, 0.1)) == 2 / 32
    assert pairwise.signed_rank(np.array([0.1, -0.1, 0.0])) == 1.0
    assert pairwise.signed_rank(np.zeros(4)) == 1.0
