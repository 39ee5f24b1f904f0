"""Numbers to text: a comparison, or any small table, as Markdown and as LaTeX (booktabs)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.report.comparison import Comparison

#: Shown where there is no number.
HOLE = "\N{EN DASH}"
#: With more datasets than this they go down the page and the methods across.
WIDE = 8
#: What follows the datasets.
SUMMARY = ("Average", "Rank", "Wins")
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
    "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "±": r"$\pm$", HOLE: "--", "†": r"$^\dagger$", "‡": r"$^\ddagger$", "§": r"$^\S$",
    "≤": r"$\leq$", "\N{MULTIPLICATION SIGN}": r"$\times$",
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


MARKDOWN = Markup(lambda text: f"**{text}**", lambda text: f"<ins>{text}</ins>", escaped_markdown)
LATEX = Markup(lambda text: rf"\textbf{{{text}}}", lambda text: rf"\underline{{{text}}}", escaped_latex)


def entries(comparison: Comparison, markup: Markup) -> pd.DataFrame:
    """The comparison as text, methods down: mean ± std, best and second per dataset marked, holes visible."""
    mean, std = comparison.mean.to_numpy(float), comparison.std.to_numpy(float)
    got, asked = comparison.succeeded.to_numpy(int), comparison.asked.to_numpy(bool)
    whole = comparison.mean.where(comparison.succeeded == comparison.runs)
    ranks = whole.rank(ascending=False, method="min").to_numpy(float)
    text = pd.DataFrame(
        [
            [
                _entry(mean[m, d], std[m, d], got[m, d], asked[m, d], comparison.runs, ranks[m, d], markup)
                for d in range(mean.shape[1])
            ]
            for m in range(mean.shape[0])
        ],
        index=[markup.escape(comparison.marked(name)) for name in comparison.mean.index],
        columns=[markup.escape(name + "§" * (name in comparison.synthetic)) for name in comparison.mean.columns],
        dtype=object,
    )
    hole = markup.escape(HOLE)
    summary = zip(
        SUMMARY, (comparison.average, comparison.rank, comparison.wins), ("{:.3f}", "{:.2f}", "{:.0f}"), strict=True
    )
    for title, values, form in summary:
        best = values.min() if title == "Rank" else values.max()
        text[title] = [
            hole if not np.isfinite(value) else markup.best(form.format(value)) if value == best else form.format(value)
            for value in values.to_numpy(float)
        ]
    return text


def markdown(comparison: Comparison) -> str:
    """A section: title, table, notes."""
    text = _turned(entries(comparison, MARKDOWN), comparison)
    body = text.to_markdown(disable_numparse=True)
    notes = " ".join(escaped_markdown(note) for note in comparison.notes)
    codes = f"{escaped_markdown(comparison.codes)}\n\n" if comparison.codes else ""
    return f"**{escaped_markdown(comparison.title)}**\n\n{codes}{body}\n\n{notes}\n"


def latex(comparison: Comparison) -> str:
    """A ``table`` environment; needs the packages booktabs and graphicx."""
    text = _turned(entries(comparison, LATEX), comparison)
    notes = " ".join(escaped_latex(note) for note in (comparison.codes, *comparison.notes) if note)
    lines = text.reset_index().astype(str).to_numpy().tolist()
    body = [_line(cells) for cells in lines]
    if comparison.mean.shape[1] > WIDE:
        body.insert(len(body) - len(SUMMARY), r"\midrule")
    head = [str(text.index.name), *(str(name) for name in text.columns)]
    return _table(head, body, escaped_latex(comparison.title), notes, "l" + "r" * text.shape[1])


def plain_markdown(table: pd.DataFrame, caption: str) -> str:
    """Any small table with its caption; says "none" when it is empty."""
    text = _as_text(table, escaped_markdown).to_markdown(index=False, disable_numparse=True)
    return f"{escaped_markdown(caption)}\n\n{'none' if table.empty else text}\n"


def plain_latex(table: pd.DataFrame, caption: str) -> str:
    """Any small table as a ``table`` environment; says "none" when it is empty."""
    if table.empty:
        return f"% {caption}\nnone\n"
    numbers = [pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]
    text = _as_text(table, escaped_latex)
    body = [_line(cells) for cells in text.to_numpy().tolist()]
    title, _, notes = escaped_latex(caption).partition(". ")
    return _table(
        list(text.columns), body, title.removesuffix("."), notes, "".join("lr"[numeric] for numeric in numbers)
    )


def _entry(mean: float, std: float, got: int, asked: bool, runs: int, rank: float, markup: Markup) -> str:
    if not asked:
        return markup.escape(HOLE)
    if got == 0:
        return f"failed (0/{runs})"
    entry = f"{mean:.3f}" + (" " + markup.escape(f"± {std:.3f}") if np.isfinite(std) else "")
    if got < runs:
        return f"{entry} ({got}/{runs})"
    return markup.best(entry) if rank == 1 else markup.second(entry) if rank == 2 else entry


def _turned(text: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Methods down the page, or across it where there are many datasets."""
    wide = comparison.mean.shape[1] > WIDE
    return text.T.rename_axis("Dataset") if wide else text.rename_axis("Method")


def _table(head: list[str], body: list[str], title: str, notes: str, columns: str) -> str:
    """A float as wide as the page at most; the notes stand in the caption, the list of tables has the title only."""
    return "\n".join([
        r"\begin{table}", r"\centering", r"\setlength{\abovecaptionskip}{0pt}\setlength{\belowcaptionskip}{6pt}",
        rf"\caption[{{{title}}}]{{{title}. {notes}".rstrip() + "}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}", r"\toprule", _line(head), r"\midrule",
        *body, r"\bottomrule", r"\end{tabular}}", r"\end{table}", "",
    ])  # fmt: skip


def markdown_table(head: Sequence[str], lines: Sequence[Sequence[str]], words: int = 1) -> str:
    """A Markdown table whose first ``words`` columns are words and the others numbers."""
    rule = "|" + "|".join(":--" if number < words else "--:" for number in range(len(head))) + "|"
    title, *body = ("| " + " | ".join(line) + " |" for line in (head, *lines))
    return "\n".join((title, rule, *body))


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _as_text(table: pd.DataFrame, escape: Callable[[str], str]) -> pd.DataFrame:
    text = pd.DataFrame({name: _column(table[name], escape) for name in table.columns}, dtype=object)
    text.columns = [escape(str(name).replace("_", " ")) for name in table.columns]
    return text


def _column(values: pd.Series, escape: Callable[[str], str]) -> list[str]:
    """A column as text, its fractions with as many decimals as the longest of them."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return [escape(str(value)) for value in values]
    exact = [np.format_float_positional(value, trim="-").partition(".")[2] for value in values if np.isfinite(value)]
    decimals = max((len(text) for text in exact), default=0)
    return [f"{value:.{decimals}f}" if np.isfinite(value) else escape(HOLE) for value in values]
