"""The store's parquet files: their names, which replace which, and which are sound.

A part is named after the appends it holds: ``part-00000007-00000007.parquet`` is the seventh append,
``part-00000001-00000256.parquet`` holds appends 1 to 256 and replaces every part inside that range. So a
crash between writing a compacted part and removing its sources loses and doubles nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.atomic import write_whole
from bench.store.schema import FIXED, PER_ROW

_NAME = re.compile(r"part-(\d{8,})-(\d{8,})\.parquet")


class StoreWarning(UserWarning):
    """A file in the store was torn or foreign; the message names it."""


@dataclass(frozen=True, order=True)
class Part:
    """One file of the store; parts sort from old to new."""

    last: int
    first: int
    path: Path

    @property
    def width(self) -> int:
        """The number of appends it spans."""
        return self.last - self.first + 1


def named(folder: Path, first: int, last: int) -> Part:
    """The part that holds these appends."""
    return Part(last, first, folder / f"part-{first:08d}-{last:08d}.parquet")


def parsed(path: Path) -> Part | None:
    """The part a file's name speaks of, or None for a foreign name."""
    match = _NAME.fullmatch(path.name)
    return Part(int(match[2]), int(match[1]), path) if match else None


def listed(folder: Path) -> list[Part]:
    """Every part by name, old to new, replaced ones too."""
    return sorted(part for path in folder.iterdir() if (part := parsed(path)))


def live(segments: list[Part]) -> list[Part]:
    """The parts that no other part replaces, old to new."""
    kept: list[Part] = []
    for part in sorted(segments, key=lambda p: (p.first, -p.last)):  # a range comes before what it covers
        if not kept or part.last > kept[-1].last:
            kept.append(part)
    return sorted(kept)


def write(part: Part, rows: pa.Table) -> None:
    """Write a part whole: zstd, with a checksum on every page."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd", write_page_checksum=True, store_schema=True)
    write_whole(part.path, memoryview(sink.getvalue()))


def read(part: Part, *, scores: bool = False, columns: list[str] | None = None) -> pa.Table:
    """Read a part's columns (all but those per test row unless asked), checking every page.

    Raises
    ------
    OSError, pyarrow.ArrowException
        The file is torn.
    """
    with pq.ParquetFile(part.path, page_checksum_verification=True) as file:
        names = columns or [name for name in file.schema_arrow.names if scores or name not in PER_ROW]
        return file.read(columns=names)


def fault(part: Part) -> str:
    """Empty if the part can be read and is ours, else what is wrong with it."""
    try:
        names = set(read(part).column_names)
    except (OSError, pa.ArrowException) as error:
        return f"it cannot be read ({str(error).splitlines()[0][:120]})"
    absent = sorted(set(FIXED) - names)
    return f"it has no column {absent[0]!r}, so it is not a part of a results store" if absent else ""
