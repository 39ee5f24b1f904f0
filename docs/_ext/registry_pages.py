"""Sphinx extension: writes the pages of methods and datasets and what the first page shows, before all else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dataset_pages
import front_page
import method_pages
from sphinx.application import Sphinx
from sphinx.config import Config

from bench.datasets import registry
from bench.methods import specs
from bench.methods.registry import ours

NOTE = "<!-- Written by docs/_ext/registry_pages.py from the registry; edit the card instead. -->\n\n"


def texts() -> Iterator[tuple[str, str]]:
    """Every generated page: its path below docs/, and its text."""
    yield "methods/index.md", method_pages.index()
    for card in specs().values():
        if card.name in ours():
            yield f"methods/{method_pages.file_name(card)}.md", method_pages.page(card)
    yield "data/index.md", dataset_pages.index()
    for dataset in registry.cards().values():
        if dataset_pages.alone(dataset):
            yield f"data/{dataset_pages.file_name(dataset)}.md", dataset_pages.page(dataset)
    for name in dataset_pages.TABLES:
        yield f"data/{name}.md", dataset_pages.table_page(name)


def write(folder: Path) -> set[Path]:
    """Write the pages that changed, and remove those that are no longer made."""
    written = set()
    for name, text in texts():
        path = folder / name
        written.add(path)
        path.parent.mkdir(exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != NOTE + text:
            path.write_text(NOTE + text, encoding="utf-8")
    for path in {old for parent in {path.parent for path in written} for old in parent.glob("*.md")} - written:
        path.unlink()
    return written


def _prepare(app: Sphinx, config: Config) -> None:
    source = Path(app.srcdir)
    write(source)
    front_page.picture(source / "methods" / "means.png")
    front_page.board(source / "board" / "board.html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment at which nothing has been read yet."""
    app.connect("config-inited", _prepare)
    return {"parallel_read_safe": True}
