"""What the names of columns tell: whether a line of names is one, which name a label or an index has."""

from __future__ import annotations

import re
from itertools import pairwise

from bench.errors import DataError

#: Delimiters that are looked for where the given one does not cut, and how a suite file writes them.
DELIMITERS = {",": ",", ";": ";", "\t": "\\t", "|": "|"}
#: Names that label columns have in published tables (compared in lower case, without blanks, "_" and "-").
LABEL_NAMES = frozenset(
    {
        "label", "labels", "class", "classes", "target", "y", "groundtruth", "truth", "gt", "outcome",
        "anomaly", "anomalous", "isanomaly", "anomalylabel", "outlier", "isoutlier", "outlierlabel", "isanomalous",
        "fraud", "isfraud", "fraudulent", "attack", "isattack", "attacktype", "attackcat", "malicious", "ismalicious",
        "malware", "intrusion", "normal", "isnormal", "fault", "isfault", "faulty", "defect", "defective", "isdefect",
        "failure", "abnormal", "diagnosis", "verdict", "binarylabel", "multilabel", "detailedlabel",
    }
)  # fmt: skip
#: Names that pandas gives to an index without a name.
NAMELESS_INDEX = re.compile(r"(Unnamed: \d+|__index_level_\d+__)")
#: Names of an index that somebody kept as a column; left out if the column counts the rows.
INDEX_NAMES = frozenset({"index", "idx", "id", "row", "rowid", "rownumber", "rowno", "rownum", "level0", "no", "nr"})


def plain_name(name: str) -> str:
    """A column's name without case, blanks, "_" and "-"."""
    return re.sub(r"[\s_\-]", "", name).lower()


def looks_like_label(name: str) -> bool:
    """Whether published tables give this name to their label."""
    return plain_name(name) in LABEL_NAMES


def check_names(names: list[str], delimiter: str, file: str, named: frozenset[str] = frozenset()) -> None:
    """Refuse a line of names that is none, or that another delimiter would cut.

    Parameters
    ----------
    names : list of str
        The first line.
    delimiter : str
    file : str
    named : frozenset of str
        Columns that the table's description names: one of them among the names proves that they are names.

    Raises
    ------
    DataError
        The first line holds numbers, cannot be cut, or names two columns alike.
    """
    if len(names) == 1:
        other = [mark for mark in DELIMITERS if mark != delimiter and mark in names[0]]
        if other:
            mark = max(other, key=names[0].count)
            raise DataError(
                f"{file} has one column, {_short(names[0])}, when cut at {delimiter!r}; "
                f'set delimiter = "{DELIMITERS[mark]}"'
            )
    words = {name for name in names if not _is_number(name)}
    if 2 * len(words) <= len(names) > 1 and not words & named and not _are_names(names, words):
        raise DataError(
            f"{file}: the first line ({_short(', '.join(names))}) holds numbers where the columns' names are expected; "
            "put a line of names above it"
        )
    nameless = [str(i + 1) for i, name in enumerate(names) if not name.strip()]
    if len(nameless) > 1:
        raise DataError(f"{file}: the columns {', '.join(nameless[:5])} have no name; name them in the first line")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{file} has several columns named {twice[0]!r}; rename them")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower() not in ("nan", "inf", "infinity")


def _are_names(names: list[str], words: set[str]) -> bool:
    """Names that are numbers: all counted 0, 1, 2 ..., or rising (wavelengths) beside the name of a label."""
    steps = [float(later) - float(earlier) for earlier, later in pairwise(n for n in names if n not in words)]
    if words:
        return all(step > 0 for step in steps) and any(looks_like_label(word) for word in words)
    return names[0] in ("0", "1") and all(step == 1 for step in steps)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
