"""Draws every figure that a run can carry and writes them with their captions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.atomic import write_text
from bench.errors import StoreError, not_installed
from bench.report.figures import KINDS, Kind
from bench.report.figures.canvas import NotAsked, Unsuited, save
from bench.report.optional import installed
from bench.report.rows import prepare, scenarios
from bench.report.spread import Tell, lean, silent, spread

#: What each figure shows, for the page: name, title, scenario, caption; and why others are missing.
CAPTIONS = "captions.json"
#: So many figures are worth other processes.
MANY = 24
#: What the index says where nothing can be drawn.
UNDRAWN = {
    "name": "", "title": "the figures", "scenario": "",
    "reason": "the package matplotlib is not installed here: pip install matplotlib",
}  # fmt: skip


def write(folder: Path, frame: pd.DataFrame, tell: Tell = silent) -> list[Path]:
    """Write every figure as PNG and PDF with its caption as text, and an index of them.

    Parameters
    ----------
    folder : where to; made if it is not there. Figures of an earlier call that this one does not make are removed.
    frame : the store's rows, with scores if the figures of scores are wanted
    tell : called with how many of how many are done

    Returns
    -------
    list of Path
        The files, in a fixed order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = prepare(frame)
    wanted = list(_wanted(rows)) if installed("matplotlib") else []
    pieces = [
        (family, entry, part if family.per_row else lean(part), page, folder) for family, entry, part, page in wanted
    ]
    outcomes = spread(_drawn, pieces, len(wanted) >= MANY, tell)
    drawn = [
        {**entry, "caption": outcome.caption}
        for (_, entry, *_), outcome in zip(wanted, outcomes, strict=True)
        if outcome.paths
    ]
    missing = [
        {**entry, "reason": outcome.why}
        for (_, entry, *_), outcome in zip(wanted, outcomes, strict=True)
        if outcome.why
    ]
    missing += [] if installed("matplotlib") else [UNDRAWN]
    index = folder / CAPTIONS
    _remove_old(index, {str(entry["name"]) for entry in drawn})
    write_index(index, {"figures": drawn, "not_drawn": missing})
    return [*(path for outcome in outcomes for path in outcome.paths), index]


@dataclass(frozen=True)
class _Outcome:
    """What became of a figure: its files and caption, or why there is none ("" = nobody misses it)."""

    paths: tuple[Path, ...] = ()
    caption: str = ""
    why: str = ""


def _drawn(family: Kind, entry: dict[str, Any], part: pd.DataFrame, page: dict[str, int], folder: Path) -> _Outcome:
    try:
        figure, caption = family.draw(part, **page)
    except NotAsked:
        return _Outcome()
    except Unsuited as reason:
        return _Outcome(why=str(reason))
    except ModuleNotFoundError as error:
        return _Outcome(why=not_installed(error))
    text = folder / f"{entry['name']}.txt"
    write_text(text, caption + "\n")
    return _Outcome((*save(figure, folder / entry["name"]), text), caption)


def _wanted(rows: pd.DataFrame) -> Iterator[tuple[Kind, dict[str, Any], pd.DataFrame, dict[str, int]]]:
    """(kind, its entry in the index, rows, page) of everything that may be drawn."""
    settings = scenarios(rows)
    for family in KINDS:
        for label, part in settings if family.per_scenario else [("", rows)]:
            name = family.name + (f"_{slug(label)}" if label and len(settings) > 1 else "")
            pages = family.pages(part) if family.pages else 1
            for page in range(pages):
                entry = {"name": f"{name}_{page + 1}" if pages > 1 else name, "title": family.title, "scenario": label}
                yield family, entry, part, {"page": page} if family.pages else {}


def _remove_old(index: Path, kept: set[str]) -> None:
    """Remove what an earlier index names and the new one does not: a stale figure would speak of other rows."""
    for entry in read_index(index).get("figures", []):
        if entry["name"] not in kept:
            for suffix in ("png", "pdf", "txt"):
                (index.parent / f"{entry['name']}.{suffix}").unlink(missing_ok=True)


def read_index(path: Path) -> dict[str, Any]:
    """The index of captions; empty if there is none.

    Raises
    ------
    StoreError
        It is broken.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise StoreError(f"{path} is broken; remove the folder {path.parent} and build the report again") from error


def write_index(path: Path, told: dict[str, Any]) -> None:
    """Write the index whole or not at all: a broken one would stop every later report."""
    write_text(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def slug(label: str) -> str:
    """A scenario's label as part of a file name."""
    return re.sub(r"[^a-z0-9.]+", "-", label.lower()).strip("-")
