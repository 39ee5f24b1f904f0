"""Which file a set must be: the registry's sha256, else that of this user's first download."""

from __future__ import annotations

import json
from pathlib import Path

from bench.atomic import write_whole
from bench.datasets.places import cache_folder
from bench.errors import DataError
from bench.types import DatasetCard


def pin(card: DatasetCard) -> str | None:
    """The hash that upstream's file must have; None before the first download of an unpinned set."""
    return card.sha256 or _pins(card.source).get(card.name)


def remember_pin(card: DatasetCard, sha256: str) -> None:
    """Pin an unpinned set in the user's cache."""
    path = _path(card.source)
    path.parent.mkdir(parents=True, exist_ok=True)
    known = _pins(card.source) | {card.name: sha256}
    write_whole(path, json.dumps(known, indent=1, sort_keys=True).encode(), trouble=DataError)


def require_pinned(card: DatasetCard, path: Path, sha256: str) -> None:
    """Raise DataError if another hash than the file's is pinned."""
    pinned = pin(card)
    if pinned is not None and pinned != sha256:
        raise DataError(
            f"{path} has sha256 {sha256[:12]}..., but {card.name} is pinned to {pinned[:12]}...; "
            f"delete it and run `mnp-bench fetch {card.name}`, or use it as a table of your own"
        )


def not_here(card: DatasetCard, file: str) -> str:
    """The sentence that names both ways to get a set's file, which lies at ``file`` in a data folder."""
    return (
        f"{card.name} is not on this machine; run `mnp-bench fetch {card.name}` once with a network, "
        f"or point --data-dir or MNP_BENCH_DATA at a folder that holds {file}"
    )


def _path(source: str) -> Path:
    return cache_folder() / source / "pins.json"


def _pins(source: str) -> dict[str, str]:
    path = _path(source)
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
