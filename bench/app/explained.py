"""Explained rows of ``mnp-bench score``: told, as a table beside the scores, and as pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from bench.atomic import write_whole
from bench.errors import ConfigError
from bench.usertable.explain import Cause, Explanation, explain_row, sentence
from bench.usertable.model import Model
from bench.usertable.stream import Scored

Say = Callable[[str], None]
#: Kinds of picture: a PDF has a page per row, of the others each row has a file.
SUFFIXES = (".pdf", ".png", ".svg")


def check_figure(figure: str | None, explained: int) -> Path | None:
    """Where pictures go, or ConfigError before any work is done."""
    if figure is None:
        return None
    path = Path(figure)
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"--explain-figure {figure}: end the name in {', '.join(SUFFIXES)}")
    if path.is_dir():
        raise ConfigError(f"--explain-figure {figure} is a folder; name a file, such as {path / 'why.pdf'}")
    if not explained:
        raise ConfigError("--explain-figure draws the rows that --explain explains; add --explain 5")
    return path


def tell_explained(model: Model, scored: Scored, target: Path, figure: Path | None, say: Say) -> None:
    """Tell of the highest rows which columns make them so, and write that as ``NAME.explained.csv`` and as pictures."""
    lines, explanations, titles = [], [], []
    for number, row in zip(scored.first.tolist(), scored.rows, strict=True):
        explanation, rank = explain_row(model, row), int(scored.rank[number])
        say(f"row {number + 1}, rank {rank}, score {explanation.score:.4g}:")
        for told in _told(explanation):
            say(f"  {told}")
        lines += [
            {"row": number + 1, "rank": rank, "score": scored.scores[number], "order": order} | asdict(cause)
            for order, cause in enumerate(explanation.causes, 1)
        ]
        explanations.append(explanation)
        titles.append(f"row {number + 1}, rank {rank}")
    beside = target.with_name(target.name.partition(".")[0] + ".explained.csv")
    names = ("row", "rank", "score", "order", *(field.name for field in fields(Cause)))
    text = io.StringIO()
    table = csv.DictWriter(text, names, lineterminator="\n")
    table.writeheader()
    table.writerows(lines)
    write_whole(beside, text.getvalue().encode())
    say(f"causes written to {beside}")
    if figure is not None and explanations:
        for path in _draw(model, explanations, titles, figure):
            say(f"drawn to {path}")


def _told(explanation: Explanation) -> list[str]:
    told = [sentence(cause) for cause in explanation.causes]
    if not told:
        told.append("no single column explains it: no replacement lowers its score by a tenth of the excess")
    return [*told, explanation.reconstruction] if explanation.reconstruction else told


def _draw(model: Model, explanations: Sequence[Explanation], titles: Sequence[str], figure: Path) -> list[Path]:
    """Pictures written whole, without dates, so that equal ones are equal bytes."""
    from matplotlib.backends.backend_pdf import PdfPages

    from bench.usertable.explanation_figure import explanation_figure

    drawn = [explanation_figure(model, *pair)[0] for pair in zip(explanations, titles, strict=True)]
    figure.parent.mkdir(parents=True, exist_ok=True)
    suffix = figure.suffix.lower()
    if suffix == ".pdf":
        content = io.BytesIO()
        with PdfPages(content, metadata={"CreationDate": None, "Creator": None, "Producer": None}) as pages:
            for page in drawn:
                pages.savefig(page)
        write_whole(figure, content.getvalue())
        return [figure]
    paths = [figure] if len(drawn) == 1 else [
        figure.with_name(f"{figure.stem}.{rank}{figure.suffix}") for rank in range(1, len(drawn) + 1)
    ]  # fmt: skip
    for page, path in zip(drawn, paths, strict=True):
        content = io.BytesIO()
        nothing = {"Software": None} if suffix == ".png" else {"Date": None, "Creator": None}
        page.savefig(content, format=suffix[1:], dpi=300, metadata=nothing)
        write_whole(path, content.getvalue())
    return paths
