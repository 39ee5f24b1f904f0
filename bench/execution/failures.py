"""The row of a cell that has no result, and the words that say why."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError
from bench.execution import row_metadata
from bench.types import Cell, Record, Status

if TYPE_CHECKING:
    from bench.execution.context import WorkContext

#: So many last lines of a traceback are kept of a failure.
TRACEBACK_LINES = 5


def failed(
    cell: Cell, context: WorkContext, status: Status, reason: str, known: Mapping[str, Any] | None = None
) -> Record:
    """The row of a cell that has no result."""
    about = row_metadata.of_cell(cell, context.catalogue) if known is None else known
    return Record(cell, status, error=reason, provenance=context.provenance, metadata=about)


def status_of(error: BaseException) -> Status:
    """``oom`` where memory ran out."""
    return "oom" if isinstance(error, MemoryError) else "failed"


def reason_of(error: BaseException) -> str:
    """One sentence for a trouble of ours, the traceback's last lines for any other; always text that can be stored."""
    if isinstance(error, BenchError):
        return _storable(str(error))
    lines = "".join(traceback.format_exception(error)).strip().splitlines()
    return _storable("\n".join(lines[-TRACEBACK_LINES:]))


def _storable(text: str) -> str:
    """The text with what UTF-8 cannot hold (bytes of odd file names, which Python keeps as surrogates) escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
