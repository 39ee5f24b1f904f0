"""The one source of truth: results/<suite>/store/*.parquet, one row per cell, appended and never edited.

One run at a time writes (a lock); any number read. What does not belong there is named and set aside.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.compute as pc

from bench.atomic import sync_folder
from bench.errors import StoreError
from bench.lock import HOLDER_SUFFIX, InUse, acquire
from bench.store import schema, segments, set_aside
from bench.store.reading import FOLDER, latest
from bench.store.segments import Part
from bench.types import Record

if TYPE_CHECKING:
    from filelock import FileLock

LOCK = "lock"
#: So many parts of about one size are merged into one, so appends cost the same however many there are.
FAN_IN = 64
#: Parts this large are merged no further.
LARGE_BYTES = 64 * 2**20


class Store:
    """The results of one suite, open for writing.

    Parameters
    ----------
    folder : path
        results/<suite>; made if it is not there.

    Raises
    ------
    StoreError
        Another run holds the folder (its process is named), or it cannot be written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FOLDER
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the results folder {self.path} cannot be made: {error.strerror}") from error
        self._segments: list[Part] = []
        self._status: dict[str, str] = {}
        self._lock: FileLock | None = self._locked()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lock; everything appended is on the disk already."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def append(self, records: list[Record]) -> None:
        """Put records on the disk; they are safe when this returns.

        Raises
        ------
        StoreError
            The disk is full or not writable; nothing of these records is stored then.
        """
        if not records:
            return
        self._check_open()
        self._next += 1
        part = segments.named(self.path, self._next, self._next)
        segments.write(part, schema.table(records))
        self._segments.append(part)
        self._status.update((record.cell.key, record.status) for record in records)
        self._merge_full_levels()

    def keys(self) -> set[str]:
        """Keys of all cells that have a row, whatever became of them."""
        return set(self._status)

    def failed_keys(self) -> set[str]:
        """Keys of cells whose last row is not "ok"."""
        return {key for key, status in self._status.items() if status != "ok"}

    def forget(self, keys: Iterable[str]) -> int:
        """Remove the rows of these cells; returns how many cells were there."""
        self._check_open()
        gone = set(keys) & set(self._status)
        if not gone:
            return 0
        wanted = pa.array(sorted(gone), pa.string())
        for part in list(self._segments):
            held = segments.read(part, columns=["cell"])["cell"]
            hit = pc.is_in(held, value_set=wanted)
            if not pc.any(hit).as_py():
                continue
            rest = segments.read(part, scores=True).filter(pc.invert(hit))
            if rest.num_rows:
                segments.write(part, rest)
            else:
                part.path.unlink()
                self._segments.remove(part)
        sync_folder(self.path)
        for key in gone:
            del self._status[key]
        return len(gone)

    def rewrite(self, change: Callable[[pa.Table], pa.Table]) -> None:
        """Replace all rows in one step: a crash at any moment leaves the old rows or the new ones.

        Parameters
        ----------
        change : callable
            Gets the rows, scores and all, from old to new, and returns those to keep.
        """
        self._check_open()
        if not self._segments:
            return
        old = list(self._segments)
        rows = pa.concat_tables([segments.read(part, scores=True) for part in old], promote_options="permissive")
        new = latest(change(latest(rows)))
        # the new part's name spans all others, so that it replaces them the moment it is there
        whole = segments.named(self.path, min(part.first for part in old), max(part.last for part in old))
        segments.write(whole, new)
        for part in old:
            if part.path != whole.path:
                part.path.unlink()
        self._segments = [whole]
        self._status = dict(zip(new["cell"].to_pylist(), new["status"].to_pylist(), strict=True))

    def compact(self) -> None:
        """Merge all parts into as few as their size allows."""
        self._check_open()
        run: list[Part] = []
        size = 0
        for part in [*self._segments]:
            own = part.path.stat().st_size
            if run and size + own > LARGE_BYTES:
                self._merge(run)
                run, size = [], 0
            run.append(part)
            size += own
        self._merge(run)

    def _locked(self) -> FileLock:
        try:
            return acquire(self.path / LOCK)
        except InUse as holder:
            raise StoreError(
                f"{self.folder} is in use by {holder}; wait until it ends or choose another folder with --out"
            ) from holder

    def _open(self) -> None:
        set_aside.foreign(self.path, own=(LOCK, LOCK + HOLDER_SUFFIX))
        everything = segments.listed(self.path)
        self._segments = segments.live(everything)
        for part in set(everything) - set(self._segments):
            part.path.unlink()  # a crash came between a compaction and its tidying up
        self._next = max((part.last for part in everything), default=0)
        for part in self._segments:
            rows = segments.read(part, columns=["cell", "status"])
            self._status.update(zip(rows["cell"].to_pylist(), rows["status"].to_pylist(), strict=True))

    def _merge_full_levels(self) -> None:
        """Merge the newest parts while there are FAN_IN of about one size (powers of FAN_IN appends)."""
        width = 1
        while True:
            run: list[Part] = []
            for part in reversed(self._segments):
                if len(run) == FAN_IN or not width <= part.width < width * FAN_IN:
                    break
                run.insert(0, part)
            if len(run) < FAN_IN:
                return
            if sum(part.path.stat().st_size for part in run) > LARGE_BYTES:
                return
            self._merge(run)
            width *= FAN_IN

    def _merge(self, run: list[Part]) -> None:
        if len(run) < 2:
            return
        merged = segments.named(self.path, run[0].first, run[-1].last)
        rows = pa.concat_tables([segments.read(p, scores=True) for p in run], promote_options="permissive")
        segments.write(merged, latest(rows))
        position = self._segments.index(run[0])
        self._segments[position : position + len(run)] = [merged]
        for part in run:
            part.path.unlink()

    def _check_open(self) -> None:
        if self._lock is None:
            raise StoreError(f"the store {self.path} is closed; open it again to write to it")
