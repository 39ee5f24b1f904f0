"""Checks every link of a built site that stays inside it, without a network: ``python docs/_ext/links.py FOLDER``.

A page, picture or anchor that a link names must be there. Links that leave the site are only counted.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}


class Page(HTMLParser):
    """What a page links to and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, an anchor, or neither."""
        given = {name: value for name, value in attrs if value}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag in LINKS and LINKS[tag] in given:
            self.links.append(given[LINKS[tag]])


def pages_of(folder: Path) -> list[Path]:
    """The pages of a site; its _static folder holds templates of the theme, which are no pages."""
    return [path for path in sorted(folder.resolve().rglob("*.html")) if "_static" not in path.parts]


def dead(folder: Path) -> tuple[list[str], int, int]:
    """Dead links as sentences, and how many were checked and how many lead outside."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in pages_of(folder)}
    sentences, inside, outside = [], 0, 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                outside += 1
                continue
            inside += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            why = _why_dead(target, unquote(parts.fragment), pages)
            if why:
                sentences.append(f"{path.relative_to(folder.resolve())}: {link}: {why}")
    return sentences, inside, outside


def _why_dead(target: Path, anchor: str, pages: dict[Path, Page]) -> str:
    if not target.is_file():
        return "there is no such file"
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "there is no such anchor"
    return ""


def main(words: list[str]) -> int:
    """Check a folder, say what is dead, and return 1 if anything is."""
    folder = Path(words[0])
    sentences, inside, outside = dead(folder)
    if not inside:
        print(f"{folder} holds no page with a link; build the site first", file=sys.stderr)
        return 2
    for sentence in dict.fromkeys(sentences):
        print(sentence, file=sys.stderr)
    print(f"{inside} links inside the site checked, {len(sentences)} dead; {outside} lead outside, not followed")
    return int(bool(sentences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
