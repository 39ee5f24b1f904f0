"""One self-contained HTML page per run: words, sortable tables, figures, provenance. Works from disk, without network.

The tables are made interactive by DataTables (MIT), which the package ``itables`` brings as one file; it is embedded.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from bench.atomic import write_text
from bench.redaction import without_password
from bench.report import comparison, grids, tables
from bench.report.figures.write import CAPTIONS, read_index
from bench.report.outcomes import cost, reasons
from bench.report.statistics import Verdict, assumptions, sentences
from bench.report.summary import summary
from bench.report.titles import question
from bench.store.manifest import read_manifest

NAME = "index.html"
#: The leaderboard of this run alone, if it was made: scenarios to choose, every value with its seeds.
EXPLORER = "explore.html"
#: The figure that stands below the summary, by the beginning of its name.
FIRST = "critical"
#: Pixels that a figure is shown with at most, twice the page's width for dense screens.
FIGURE_WIDTH = 1500
#: Kinds of figures that are open when the page opens, by the beginning of their name; the rest is folded.
OPEN = (
    "contamination_average", "label_budget_average", "label_noise_average", "unseen", "ablation", "prototypes", "cost",
    "critical", "embedding",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A figure on the page: its picture as a data URL, its caption, where its PDF lies.

    ``scenario`` is that which it shows ("" = all), ``first`` whether it stands below the summary.
    """

    name: str
    title: str
    caption: str
    picture: str
    pdf: str
    open: bool
    scenario: str = ""
    first: bool = False


def write(folder: Path, rows: pd.DataFrame, verdicts: Sequence[Verdict]) -> Path:
    """Write ``index.html`` into a results folder whose tables and figures are there.

    Parameters
    ----------
    folder : results folder
    rows : the store's rows
    verdicts : the tests of every scenario

    Returns
    -------
    Path
    """
    path = folder / NAME
    write_text(path, page(folder, rows, verdicts))
    return path


def page(folder: Path, rows: pd.DataFrame, verdicts: Sequence[Verdict]) -> str:
    """The page's text; the same for the same store, figures and manifest."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    runs = read_manifest(folder)
    labels = list(dict.fromkeys(verdict.title for verdict in verdicts))
    lost = reasons(rows)
    explorer = EXPLORER if (folder / EXPLORER).is_file() else ""
    compared = {comparison.METRIC_TITLES[name]: comparison.comparisons(rows, name) for name in comparison.metrics(rows)}
    environment = Environment(
        loader=PackageLoader("bench.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        title=_title(folder, runs, rows),
        folder=folder.as_posix(),
        paragraphs=summary(rows, list(verdicts)),
        scenarios=labels,
        explorer=explorer,
        comparisons={
            title: [(_scenario(entry.title, labels), grids.of_comparison(entry, explorer)) for entry in some]
            for title, some in compared.items()
        },
        statistics=[
            (verdict.title, f"{comparison.METRIC_TITLES[verdict.metric]}, {verdict.title}", sentences(verdict))
            for verdict in verdicts
        ],
        assumptions=assumptions(min(verdict.coverage.runs for verdict in verdicts)),
        cost=grids.of_table(cost(rows).rename(columns=tables.COST_TITLES), "Time and memory", (tables.COST,)),
        failures=grids.of_table(lost, "Cells without a result") if len(lost) else None,
        cells=grids.of_cells(rows, explorer),
        figures=figures(folder / "figures"),
        not_drawn=read_index(folder / "figures" / CAPTIONS).get("not_drawn", []),
        runs=[provenance(run) for run in runs],
        style=_own("page.css"),
        script=_own("page.js"),
        library_style=_library("dt_bundle.css").decode(),
        library=base64.b64encode(_library("dt_bundle.js")).decode(),
    )


def figures(folder: Path) -> list[Figure]:
    """The figures that the index of captions names, in its order."""
    entries = []
    for entry in read_index(folder / CAPTIONS).get("figures", []):
        picture = folder / f"{entry['name']}.png"
        if picture.is_file():
            entries.append(
                Figure(
                    name=entry["name"],
                    title=": ".join(part for part in (entry["title"], entry["scenario"]) if part),
                    caption=entry["caption"],
                    picture=_picture(picture),
                    pdf=f"figures/{entry['name']}.pdf",
                    open=entry["name"].startswith(OPEN),
                    scenario=entry["scenario"],
                    first=entry["name"].startswith(FIRST),
                )
            )
    return entries


def provenance(run: Mapping[str, Any]) -> dict[str, Any]:
    """What ran, as pairs of words to show; the suite's text and the datasets' hashes apart."""
    git = run.get("git") or {}
    cpu = run.get("cpu") or {}
    command = run["command"] if isinstance(run["command"], str) else " ".join(run["command"])
    dirty = " with uncommitted changes" if git.get("dirty") else ""
    lines = {
        "started": run["started"],
        "command": without_password(command),
        "code": f"{git['commit']}{dirty}" if git else "not a git checkout",
        "Python": run.get("python", ""),
        "platform": run.get("platform", ""),
        "processor": f"{cpu.get('model', '')}, {cpu.get('threads', '?')} threads, {cpu.get('memory_gb', '?')} GB",
        "instructions": " ".join(cpu.get("instructions", [])),
        "settings": ", ".join(f"{name}={value}" for name, value in run.get("worker_environment", {}).items()),
        "packages": ", ".join(f"{name} {version}" for name, version in run.get("packages", {}).items()),
    }
    return {"id": run["id"], "facts": lines, "suite": run.get("suite", ""), "datasets": run.get("datasets", {})}


def _title(folder: Path, runs: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> str:
    """The suite's title, with how many of its datasets there are where some are not."""
    name = folder.resolve().name
    asked = question(name, runs, rows)
    return (asked.title or name) + (f" ({asked.stored} of its {asked.datasets} datasets)" if asked.short else "")


def _scenario(title: str, labels: Sequence[str]) -> str:
    """The scenario that a comparison's title ends with; "" of a mean over several."""
    return next((label for label in labels if title.endswith(f"({label})")), "")


def _picture(path: Path) -> str:
    """The picture as a data URL, made smaller: print resolution is in the files beside."""
    from PIL import Image

    with Image.open(path) as image:
        shown = image.convert("RGB")
        if shown.width > FIGURE_WIDTH:
            shown = shown.resize(
                (FIGURE_WIDTH, round(shown.height * FIGURE_WIDTH / shown.width)), Image.Resampling.LANCZOS
            )
        sink = io.BytesIO()
        shown.save(sink, "WEBP", quality=88, method=4)
    return "data:image/webp;base64," + base64.b64encode(sink.getvalue()).decode()


def _own(name: str) -> str:
    return files("bench.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _library(name: str) -> bytes:
    return files("itables").joinpath("html", name).read_bytes()
