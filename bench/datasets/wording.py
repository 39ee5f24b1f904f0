"""How messages about a table name its settings: as keys of a suite file, or as options of a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal

from bench.errors import DataError


@dataclass(frozen=True)
class Wording:
    """The words for what people can set of a table where they are: ``suite`` (a suite file) or ``command``."""

    told_in: Literal["suite", "command"]

    @property
    def _suite(self) -> bool:
        return self.told_in == "suite"

    def leave_out(self, thing: str, column: str) -> str:
        """To make a column no feature; ``thing`` is what the sentence calls it."""
        if self._suite:
            return f"list {thing} in drop"
        return f"leave {thing} out with --drop {shlex.quote(column)}"

    def set_aside(self, column: str) -> str:
        """To keep a second label, or a column of anomaly types, from being a feature."""
        if self._suite:
            return "list it in drop or name it as type_column"
        return self.leave_out("it", column)

    def name_label(self, *columns: str) -> str:
        """To say which of some columns is the label."""
        if self._suite:
            return "name the label with " + " or ".join(f'label = "{column}"' for column in columns)
        return "name the label with " + " or ".join(f"--label {shlex.quote(column)}" for column in columns)

    def name_column(self, column: str) -> str:
        """To deal with a column whose name is empty or blank; an option's list cannot hold such a name."""
        return "name it in the first line" + (f' or leave it out with drop = ["{column}"]' if self._suite else "")

    def leave_empty(self) -> str:
        """To make a value that is no number a missing one."""
        return "leave the field empty" + (' with missing = "median" or "ffill"' if self._suite else "")


SUITE = Wording("suite")
COMMAND = Wording("command")


class UnfitColumn(DataError):
    """A column that cannot be a feature as it is.

    Attributes
    ----------
    what : str
        What it holds, and where.
    mend : str
        What makes it fit; the message adds how a suite leaves it out.
    """

    def __init__(self, file: str, what: str, mend: str) -> None:
        super().__init__(f"{file}: {what}; {mend} or list the column in drop")
        self.what, self.mend = what, mend
