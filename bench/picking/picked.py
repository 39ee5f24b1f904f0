"""What picking found: the method, how sure that is, and the three sentences that say so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.picking.joining import MARGIN, Interval, Judged, equals, undecided, weight

#: Names that a sentence lists.
SHOWN = 4


def beyond_time(minutes: float) -> str:
    """Why a method was not begun."""
    return f"it would take the time beyond --minutes {minutes:g}"


@dataclass(frozen=True, eq=False)
class Picked:
    """Which method for a table, and why. ``print`` shows the three sentences.

    Attributes
    ----------
    mode : {"few", "known"}
        Held-out labelled anomalies among unlabelled rows, or simulated labels and the truth of every row.
    file, label : str
        The table and its column of labels.
    rows, features : int
        As the methods saw them.
    labels : int
        Labelled anomalies (mode few), or anomalies in the table (mode known).
    alert_rate : float
        Share of rows that are looked at.
    judged : tuple of Judged
        Every method compared, the best estimate first.
    left_out : mapping of method to reason
    notes : tuple of str
        Sentences on how the table was used.
    reference_families : float
        Families of reference tables like this one (mode few).
    """

    mode: str
    file: str
    label: str
    rows: int
    features: int
    labels: int
    alert_rate: float
    judged: tuple[Judged, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...] = ()
    reference_families: float = 0.0

    @property
    def equals(self) -> tuple[Judged, ...]:
        """Methods as good as the best estimate, the cheapest first."""
        return equals(self.judged)

    @property
    def choice(self) -> Judged:
        """The cheapest of the equals."""
        return self.equals[0]

    @property
    def reference_best(self) -> Judged | None:
        """Of the equals the one that the reference expects most of on tables like this; None in mode known."""
        known = [judged for judged in self.equals if not math.isnan(judged.expected)]
        return max(known, key=lambda judged: judged.expected, default=None)

    @property
    def method(self) -> str:
        """The choice's name."""
        return self.choice.method

    def __str__(self) -> str:
        return "\n".join(sentences(self))


def sentences(picked: Picked) -> tuple[str, str, str]:
    """Which method, how good it is, and how sure the choice is."""
    return _which(picked), _how_good(picked), _how_sure(picked)


def _which(picked: Picked) -> str:
    others = [judged.method for judged in picked.equals[1:]]
    if not others:
        return f"Take {picked.method}: it has the best estimate of the {len(picked.judged)} methods compared."
    return (
        f"Take {picked.method}: it is the cheapest of {len(others) + 1} methods that cannot be told apart (estimates "
        f"less than {MARGIN:g} average precision from the best, which may be chance): {listed(others)} would do as "
        f"well{_of_the_reference(picked)}."
    )


def _of_the_reference(picked: Picked) -> str:
    """Which of the equals does best elsewhere, for those to whom cost is nothing."""
    best = picked.reference_best
    if best is None:
        return ""
    if best.method == picked.method:
        return f", and the reference expects most of {best.method} too"
    return f", and of {best.method} the reference expects most on tables like this one ({best.seconds:.2g} s a fit)"


def _how_good(picked: Picked) -> str:
    choice = picked.choice
    budget = f"a budget of {100 * picked.alert_rate:g}% of the rows"
    if choice.ranking is None or choice.recall is None:
        return "How good it is on this table, one labelled anomaly cannot show: the choice is what the reference says."
    if picked.mode == "known":
        return (
            f"With few labels simulated, {choice.method} has average precision {shown(choice.ranking)} and finds "
            f"{percent(choice.recall)} of the anomalies within {budget} (means over numbers of labels and splits)."
        )
    return (
        f"Of the {picked.labels} labelled anomalies, each held out in turn, {choice.method} ranks "
        f"{percent(choice.recall)} "
        f"within {budget}, and one of them above {percent(choice.ranking)} of the unlabelled rows on average."
    )


def _how_sure(picked: Picked) -> str:
    rivals = [judged.method for judged in undecided(picked.judged, picked.choice)]
    if picked.mode == "known":
        doubt = (
            f"over the splits drawn, {listed(rivals)} may be better"
            if rivals
            else "no other method is better on the splits drawn"
        )
        return f"Sure is only what these rows can show: {doubt}; labels here were taken as the truth of every row."
    share = weight(picked.labels) if picked.choice.recall is not None else 0.0
    basis = (
        f"this rests {100 * share:.0f}% on your labels and {100 * (1 - share):.0f}% on the reference "
        f"({picked.reference_families:.0f} families of tables like this one)"
    )
    if rivals:
        return (
            f"The evidence does not exclude that {listed(rivals)} {'is' if len(rivals) == 1 else 'are'} better; "
            f"{basis}, "
            "and more labelled anomalies would make it surer."
        )
    return f"No other method compared is likely to be better; {basis}."


def listed(names: list[str]) -> str:
    """Names in a sentence, the longest lists cut."""
    more = len(names) - SHOWN
    if more > 0:
        return ", ".join(names[:SHOWN]) + f" and {more} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def percent(interval: Interval) -> str:
    """A share and its interval in percent."""
    value, low, high = (100 * number for number in (interval.value, interval.low, interval.high))
    return f"{value:.0f}% (95% interval {low:.0f} to {high:.0f}%)"


def shown(interval: Interval) -> str:
    """A number and its interval."""
    return f"{interval.value:.2f} (95% interval {interval.low:.2f} to {interval.high:.2f})"
