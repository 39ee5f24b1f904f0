"""Numbers to text: a comparison, or any small table, as Markdown and as LaTeX (booktabs)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from bench.report.tables import Comparison

#: Shown where there is no number.
HOLE = "\N{EN DASH}"
#: With more datasets than this they go down the page and the methods across.
WIDE = 8
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
    "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "±": r"$\pm$", HOLE: "--", "†": r"$^\dagger$", "§": r"$^\S$", "≤": r"$\leq$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
}  # fmt: skip


@dataclass(frozen=True)
class Markup:
    """How a kind of document marks things: functions of text that is escaped already, and the escaping."""

    best: Callable[[str], str]
    second: Callable[[str], str]
    escape: Callable[[str], str]


def escaped_latex(text: str) -> str:
    """Text that LaTeX prints as it is; letters outside ASCII that have no command become a question mark."""
    known = "".join(_LATEX.get(letter, letter) for letter in text)
    return known.encode("latin-1", "replace").decode("latin-1")


def escaped_markdown(text: str) -> str:
    """Text that does not break a Markdown table."""
    for letter in "\\|*_<>":
        text = text.replace(letter, {"<": "&lt;", ">": "&gt;"}.get(letter, "\\" + letter))
    return " ".join(text.split())


MARKDOWN = Markup(lambda text: f"**{text}**", lambda text: f"<u>{text}</u>", escaped_markdown)
LATEX = Markup(lambda text: rf"\textbf{{{text}}}", lambda text: rf"\underline{{{text}}}", escaped_latex)


def entries(found: Comparison, markup: Markup) -> pd.DataFrame:
    """The comparison as text, methods down: mean ± std, best and second per dataset marked, holes visible."""
    mean, std = found.mean.to_numpy(float), found.std.to_numpy(float)
    got, asked = found.succeeded.to_numpy(int), found.asked.to_numpy(bool)
    whole = found.mean.where(found.succeeded == found.runs)
    places = whole.rank(ascending=False, method="min").to_numpy(float)
    text = pd.DataFrame(
        [
            [
                _entry(mean[m, d], std[m, d], got[m, d], asked[m, d], found.runs, places[m, d], markup)
                for d in range(mean.shape[1])
            ]
            for m in range(mean.shape[0])
        ],
        index=[markup.escape(name + "†" * (name in found.daggers)) for name in found.mean.index],
        columns=[markup.escape(name + "§" * (name in found.synthetic)) for name in found.mean.columns],
        dtype=object,
    )
    hole = markup.escape(HOLE)
    for title, values, form, best in (
        ("Average", found.average, "{:.3f}", found.average.max()),
        ("Rank", found.rank, "{:.2f}", found.rank.min()),
        ("Wins", found.wins, "{:.0f}", found.wins.max()),
    ):
        text[title] = [
            hole if not np.isfinite(value) else markup.best(form.format(value)) if value == best else form.format(value)
            for value in values.to_numpy(float)
        ]
    return text


def markdown(found: Comparison) -> str:
    """A section: title, table, notes."""
    text = _turned(entries(found, MARKDOWN), found)
    body = text.to_markdown(disable_numparse=True)
    notes = " ".join(escaped_markdown(note) for note in found.notes)
    return f"**{escaped_markdown(found.title)}**\n\n{body}\n\n{notes}\n"


def latex(found: Comparison) -> str:
    """A ``table`` environment; needs the packages booktabs and graphicx."""
    text = _turned(entries(found, LATEX), found)
    notes = " ".join(escaped_latex(note) for note in found.notes)
    return _table(text.reset_index(), escaped_latex(found.title) + ".", notes, "l" + "r" * text.shape[1])


def plain_markdown(table: pd.DataFrame) -> str:
    """Any small table; says "none" when it is empty."""
    if table.empty:
        return "none\n"
    return str(_as_text(table, escaped_markdown).to_markdown(index=False, disable_numparse=True)) + "\n"


def plain_latex(table: pd.DataFrame, caption: str) -> str:
    """Any small table as a ``table`` environment; says "none" when it is empty."""
    if table.empty:
        return f"% {caption}\nnone\n"
    numbers = [pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes]
    return _table(
        _as_text(table, escaped_latex), escaped_latex(caption), "", "".join("r" if one else "l" for one in numbers)
    )


def _entry(mean: float, std: float, got: int, asked: bool, runs: int, place: float, markup: Markup) -> str:
    if not asked:
        return markup.escape(HOLE)
    if got == 0:
        return f"failed (0/{runs})"
    entry = f"{mean:.3f}" + (" " + markup.escape(f"± {std:.3f}") if np.isfinite(std) else "")
    if got < runs:
        return f"{entry} ({got}/{runs})"
    return markup.best(entry) if place == 1 else markup.second(entry) if place == 2 else entry


def _turned(text: pd.DataFrame, found: Comparison) -> pd.DataFrame:
    """Methods down the page, or across it where there are many datasets."""
    wide = found.mean.shape[1] > WIDE
    return text.T.rename_axis("Dataset") if wide else text.rename_axis("Method")


def _table(text: pd.DataFrame, caption: str, notes: str, columns: str) -> str:
    rows = [" & ".join(row) + r" \\" for row in text.astype(str).to_numpy()]
    return "\n".join([
        r"\begin{table}", r"\centering", rf"\caption{{{caption}}}",
        # as wide as the page at most
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}", r"\toprule",
        " & ".join(str(name) for name in text.columns) + r" \\", r"\midrule",
        *rows, r"\bottomrule", r"\end{tabular}}",
        *([rf"\par\smallskip\footnotesize {notes}"] if notes else []),
        r"\end{table}", "",
    ])  # fmt: skip


def _as_text(table: pd.DataFrame, escape: Callable[[str], str]) -> pd.DataFrame:
    def shown(value: object) -> str:
        if isinstance(value, float):
            return escape(HOLE) if np.isnan(value) else np.format_float_positional(value, trim="-")
        return escape(str(value))

    text = pd.DataFrame({name: [shown(value) for value in table[name]] for name in table.columns}, dtype=object)
    text.columns = [escape(str(name).replace("_", " ")) for name in table.columns]
    return text
