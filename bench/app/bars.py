"""Bars of progress on standard error, which may be no terminal, or closed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def bar(terminal_only: bool = True, **options: Any) -> tqdm[Any]:
    """A bar on standard error.

    Parameters
    ----------
    terminal_only : bool
        Whether a file or a pipe gets nothing; a closed standard error never does.
    options : tqdm's
    """
    from tqdm import tqdm

    stream = sys.stderr  # None where the program was started with it closed
    return tqdm(file=stream, disable=stream is None or (terminal_only and not stream.isatty()), **options)
