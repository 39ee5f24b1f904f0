"""A page for each registered method: its card, what it computes, and what the committed runs say of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

import evidence
from markdown import number, pairs, plain, prose, seconds, signed, table
from numpydoc.docscrape import NumpyDocString

from bench.methods.registry import _load, specs
from bench.types import MethodSpec

FAMILIES = {
    "weak": ("Weakly supervised", "learn from labelled anomalies and unlabelled rows"),
    "supervised": ("Supervised", "take unlabelled rows for normal"),
    "unsupervised": ("Unsupervised", "do not look at labels"),
}
#: So many datasets are shown on either end.
SHOWN = 5
EQUATION = re.compile(r"^\s*[\w']+(\([^)]*\))? = ", re.M)


def page(card: MethodSpec) -> str:
    """One method's page."""
    sections = [f"# {plain(card.title)}", _card(card), _computes(card), _deviations(card), *_evidence(card)]
    return "\n\n".join(text for text in sections if text) + "\n"


def index() -> str:
    """The list of all methods, by family, with their place in the main run."""
    ranks = evidence.comparison().rank
    text = [
        "# Methods",
        "Every method has one contract (`fit(X, y)`, `decision_function(X)`), one card and one page, all made from the "
        "registry when this site is built. Ranks and average precision are those of the reference run on ADBench with "
        "5% of the training anomalies labelled; a dash means that the method was not run there.",
    ]
    for family, (title, what) in FAMILIES.items():
        cards = [card for card in specs().values() if card.family == family]
        cards.sort(key=lambda card: (_place(card, ranks), card.title.lower()))
        text += [f"## {title}", f"These {what}.", table(
            ["Method", "Year", "Average precision", "Average rank over datasets", "Seconds a run"],
            [_line(card) for card in cards],
        )]  # fmt: skip
    toctree = "\n".join(f"{plain(card.title)} <{file_name(card)}>" for card in specs().values())
    return "\n\n".join(text) + f"\n\n```{{toctree}}\n:hidden:\n\n{toctree}\n```\n"


def file_name(card: MethodSpec) -> str:
    """A method's page without its ending."""
    return card.name


def _card(card: MethodSpec) -> str:
    module, _, name = card.factory.partition(":")
    path = dict(card.params).get("path", "")
    extra = f"`pip install 'mnp-bench[{card.extra}]'`" if card.extra else ""
    runs = f"groups of up to {card.max_group} runs" if card.max_group > 1 else "one run at a time"
    return pairs([
        ("In suites", f"`{card.name}`"),
        ("In Python", f'`create("{card.name}")`, class `{module}.{name}`' + (f" around `{path}`" if path else "")),
        ("Kind", f"{FAMILIES[card.family][0].lower()}: methods that {FAMILIES[card.family][1]}"),
        ("Source", plain(card.citation)),
        ("Protocols", ", ".join(card.protocols)),
        ("Labelled validation rows", "used, and marked in every table" if card.uses_validation else "not used"),
        ("Trains", runs),
        ("Can be saved", f"yes ({card.saved_as})" if card.saved_as else "no"),
        ("Needs", extra or (plain(card.ready) if card.ready else "")),
    ])  # fmt: skip


def _computes(card: MethodSpec) -> str:
    doc = NumpyDocString(inspect.getdoc(_load(card.factory)) or "")
    if "path" in dict(card.params):  # the class only passes on to another package
        return ""
    summary = prose(" ".join(doc["Summary"]))
    more = "\n".join(doc["Extended Summary"]).strip()
    text = ["## What it computes", summary]
    text += paragraphs(more)
    rows = [(f"`{item.name}`", prose(item.type), prose(" ".join(item.desc))) for item in doc["Parameters"]]
    if rows:
        text += ["## Parameters", table(["Name", "Type", "Meaning"], rows, left=3)]
    return "\n\n".join(text)


def paragraphs(text: str) -> list[str]:
    """A docstring's paragraphs as prose; those in which a line begins with an equation stand as they are written."""
    pieces = [piece.strip("\n") for piece in re.split(r"\n\s*\n", text) if piece.strip()]
    return [f"```text\n{piece}\n```" if EQUATION.search(piece) else prose(piece) for piece in pieces]


def _deviations(card: MethodSpec) -> str:
    doc = NumpyDocString(inspect.getdoc(_load(card.factory)) or "")
    notes = "" if "path" in dict(card.params) else prose(" ".join(doc["Notes"]))
    return f"## Deviations from the source\n\n{plain(card.deviations[:1].upper() + card.deviations[1:])}.\n\n{notes}"


def _evidence(card: MethodSpec) -> Iterable[str]:
    yield _fidelity(card)
    if card.name not in evidence.variants():
        yield "## In the reference run\n\nThis method was not part of the reference run on ADBench."
        return
    yield _standing(card)
    yield _ends(card)
    yield _cost(card)


def _standing(card: MethodSpec) -> str:
    found, name = evidence.comparison(), evidence.variants()[card.name]
    place = int(found.rank.rank(method="min")[name])
    better, worse = evidence.told_apart(card.name)
    text = (
        f"## In the reference run\n\n{plain(found.title)}: mean **{number(found.average[name])}**, average rank "
        f"over datasets **{number(found.rank[name], 2)}** (place {place} of {found.rank.notna().sum()}), best on "
        f"{found.wins[name]:.0f} of {found.mean.shape[1]} datasets."
    )
    text += f" Pairwise tests with Holm's correction find better: {plain(', '.join(better)) or 'none'}; "
    return text + f"worse: {plain(', '.join(worse)) or 'none'}. The others cannot be told from it."


def _ends(card: MethodSpec) -> str:
    frame = evidence.against_others(card.name).sort_values("over_median", ascending=False, kind="stable")
    if len(frame) < 2 * SHOWN:
        return ""

    def shown(part: object) -> str:
        rows = [
            (f"`{one.Index}`", number(one.own), f"{one.place:.0f}", signed(one.over_median),
             f"{plain(one.best_name)} {number(one.best)}")
            for one in part.itertuples()
        ]  # fmt: skip
        return table(["Dataset", "Average precision", "Place", "Over the median method", "Best other"], rows)

    return (
        f"### Where it does well\n\n{shown(frame.head(SHOWN))}\n\n"
        f"### Where it does badly\n\n{shown(frame.tail(SHOWN).iloc[::-1])}"
    )


def _cost(card: MethodSpec) -> str:
    cost = evidence.cost(card.name)
    text = (
        f"### Cost\n\nMedian over its cells of the reference run: {seconds(cost.fit_seconds)} s to fit, "
        f"{seconds(cost.score_seconds)} s to score."
    )
    gain = evidence.groups_gain(card.name)
    if len(gain):
        rows = [
            (f"{one.D}", seconds(one.solo_s), seconds(one.group_s), f"{one.ratio:.1f}") for one in gain.itertuples()
        ]
        text += " A run in a group of 32, held against an ordinary loop of torch modules with the same settings:\n\n"
        text += table(["Features", "Loop, s", "Group, s a run", "Times as fast"], rows, left=0)
    return text


def _fidelity(card: MethodSpec) -> str:
    text = []
    printed = evidence.printed(card.name)
    if len(printed):
        rows = [
            (f"{one.labels}", f"{one.sets}", number(one.ours, 2), number(one.printed, 2), signed(one.difference, 2),
             number(one.correlation))
            for one in printed.rename(columns={"labels %": "labels", "rank correlation": "correlation"}).itertuples()
        ]  # fmt: skip
        text.append("ADBench's printed tables (AUC-PR in points, by % of labels):")
        text.append(table(["Labels", "Sets", "Ours", "Printed", "Difference", "Rank correlation"], rows))
    peers = evidence.beside(card.name, "adbench_peers.csv")
    if len(peers):
        rows = [
            (f"`{one.dataset}`", number(one.points_ours, 1), number(one.points_theirs, 1), signed(one.difference, 1))
            for one in peers.itertuples()
        ]
        text.append("ADBench's own code on the same splits (points):")
        text.append(table(["Dataset", "Ours", "Theirs", "Difference"], rows))
    if card.name == "mnp-published":
        authors = evidence.beside(card.name, "mnp_published.csv")
        rows = [
            (f"`{one.dataset}`", number(one.ours), number(one.theirs), signed(one.difference))
            for one in authors.itertuples()
        ]
        text.append("The authors' code, average precision:")
        text.append(table(["Dataset", "Ours", "Theirs", "Difference"], rows))
    return "\n\n".join(["## Held against published figures", *text]) if text else ""


def _place(card: MethodSpec, ranks: object) -> float:
    rank = ranks.get(evidence.variants().get(card.name, ""), float("nan"))
    return 1e9 if rank != rank else float(rank)


def _line(card: MethodSpec) -> tuple[str, ...]:
    name = evidence.variants().get(card.name)
    found = evidence.comparison()
    numbers = ("-", "-", "-") if name is None else (
        number(found.average[name]), number(found.rank[name], 2), seconds(evidence.cost(card.name).fit_seconds)
    )  # fmt: skip
    return (f"[{plain(card.title)}]({file_name(card)}.md)", str(card.year or ""), *numbers)
