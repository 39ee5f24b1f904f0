"""Pages of the datasets: one for each bundled, synthetic, typed or classical ADBench set, a table for the others."""

from __future__ import annotations

import evidence
from markdown import number, pairs, plain, table

from bench.datasets import registry, select
from bench.datasets.filters import difficulty
from bench.types import DatasetCard

#: Sources whose sets have pages of their own; of ADBench the Classical sets, of OddBench none.
OWN_PAGES = ("bundled", "synthetic", "typed")
TABLES = {
    "adbench-features": (
        "ADBench's features of images and texts",
        lambda card: card.source == "adbench" and not alone(card),
    ),
    "oddbench": ("OddBench", lambda card: card.source == "oddbench"),
}
INTRODUCTIONS = {
    "adbench-features": "Pretrained networks turned images and texts into columns; one class of the origin is normal, "
    "another anomalous.",
    "oddbench": "Real tables of macrOData (2026), each from another public repository. `difficulty` and the two "
    "AUC-ROC figures are those that the collection states for a forest that knows all labels and for isolation forest.",
}


def alone(card: DatasetCard) -> bool:
    """Whether a set has a page of its own."""
    return card.source in OWN_PAGES or (card.source == "adbench" and card.name.count("/") == 1)


def file_name(card: DatasetCard) -> str:
    """A set's page without its ending."""
    return card.name.replace("/", "-")


def page(card: DatasetCard) -> str:
    """One set's page: its card, what is odd about it, and who does best on it in the reference run."""
    kin = [other.name for other in registry.cards().values() if other.family == card.family and other.name != card.name]
    text = [
        f"# {plain(card.name)}",
        f"{plain(card.title)}.",
        pairs([
            ("Rows", _count(card.rows)),
            ("Features", _count(card.features)),
            ("Anomalies", _count(card.anomalies) + _share(card)),
            ("Normal modes", _count(card.modes)),
            ("Anomaly types", plain(", ".join(card.types))),
            ("Comes from", plain(card.origin or card.source)),
            ("Family", plain(card.family) + (f", with {_some(kin)}" if kin else "")),
            ("Licence", plain(card.licence)),
            ("Citation", plain(card.citation)),
            ("Address", f"<{card.url}>" if card.url.startswith("http") else plain(card.url)),
            ("sha256 of the file", f"`{card.sha256}`" if card.sha256 else ""),
            ("Data", "generated: evidence about methods, none about the world" if card.synthetic else "real"),
        ]),
    ]  # fmt: skip
    if card.oddities:
        text.append("## What is odd about it\n\n" + "\n".join(f"- {plain(one)}" for one in card.oddities))
    if card.superseded_by:
        text.append(f"Prefer `{card.superseded_by}`.")
    best = evidence.best_on(card.name)
    if len(best):
        rows = [(plain(name), number(value)) for name, value in best.items()]
        text.append("## Who does best\n\nMean average precision in the reference run on ADBench:\n\n")
        text.append(table(["Method", "Average precision"], rows))
    get = {"adbench": "`mnp-bench fetch adbench`", "typed": "your data folder"}.get(
        card.source, "it ships with the package"
    )
    text.append(f"## Use it\n\nWhere it comes from: {get}.\n\n```text\nmnp-bench describe {card.name}\n```")
    return "\n\n".join(text) + "\n"


def table_page(name: str) -> str:
    """A collection's page: one table with a line for each set."""
    title, belongs = TABLES[name]
    cards = [card for card in registry.cards().values() if belongs(card)]
    rows = [
        (f"`{card.name}`", plain(card.title), _count(card.rows), _count(card.features), _count(card.anomalies),
         difficulty(card) or "", number(card.forest_auc or float("nan")), number(card.iforest_auc or float("nan")))
        for card in cards
    ]  # fmt: skip
    header = ["Name", "What", "Rows", "Features", "Anomalies", "Difficulty", "Forest AUC", "Isolation forest AUC"]
    keep = [place for place in range(len(header)) if any(row[place].strip("-") for row in rows)]
    shown = table([header[place] for place in keep], [[row[place] for place in keep] for row in rows], left=2)
    return f"# {title}\n\n{len(cards)} sets. {INTRODUCTIONS[name]}\n\n{shown}"


def index() -> str:
    """All sources with their sets, and the collections that suites can name."""
    cards = [card for card in registry.cards().values() if alone(card)]
    text = [
        "# All datasets",
        "One page for each set, made from its card. How to name, filter, fetch and add datasets: "
        "[Datasets](../datasets.md).",
    ]
    titles = {
        "bundled": "Ship with the package",
        "synthetic": "Generated",
        "adbench": "ADBench, Classical",
        "typed": "With anomaly types",
    }
    for source, title in titles.items():
        rows = [
            (f"[{plain(card.name)}]({file_name(card)}.md)", plain(card.title), _count(card.rows), _count(card.features),
             _count(card.anomalies))
            for card in cards if card.source == source
        ]  # fmt: skip
        text += [f"## {title}", table(["Name", "What", "Rows", "Features", "Anomalies"], rows, left=2)]
    links = [f"- [{title}]({name}.md)" for name, (title, _) in TABLES.items()]
    rows = [(f"`{name}`", str(len(group.members)), plain(group.title)) for name, group in select.collections().items()]
    text += ["## Tables of their own", "\n".join(links), "## Collections", table(["Name", "Sets", "Which"], rows)]
    pages = "\n".join([*(file_name(card) for card in cards), *TABLES])
    return "\n\n".join(text) + f"\n\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _share(card: DatasetCard) -> str:
    return f" ({100 * card.anomalies / card.rows:.1f}%)" if card.rows and card.anomalies else ""


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(f"`{name}`" for name in names[:6]) + more
