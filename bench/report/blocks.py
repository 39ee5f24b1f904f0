"""Blocks of a Markdown document that are generated, so that no number in it is written by hand.

A block begins with a line ``<!-- generated: KIND SUBJECT... NAME=VALUE... -->`` and ends with ``<!-- end -->``; what
stands between is replaced. Who writes other blocks gives them a mark of their own instead of ``generated``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.errors import StoreError

MARK = "generated"
START = re.compile(r"<!-- (?P<mark>[\w-]+):(?P<words>.*)-->\s*")
END = "<!-- end -->"


@dataclass(frozen=True)
class Block:
    """What a block asks for.

    Attributes
    ----------
    name : str
        What is generated, e.g. ``"table"``.
    subjects : tuple of str
        The words after it: results folders.
    options : mapping of str to str
    """

    name: str
    subjects: tuple[str, ...]
    options: Mapping[str, str]


def filled(text: str, write: Callable[[Block], str], document: str, mark: str = MARK) -> str:
    """The document with every block of one mark written anew.

    Parameters
    ----------
    text : str
    write : function of a block
        Its text; a ``StoreError`` of it is told with the document and the line.
    document : str
        Its name, for sentences.
    mark : str
        Blocks with another are left as they are.

    Raises
    ------
    StoreError
        A block does not end, or cannot be written.
    """
    lines, made = text.splitlines(), list[str]()
    number = 0
    while number < len(lines):
        made.append(lines[number])
        start = START.fullmatch(lines[number])
        number += 1
        if start is None or start["mark"] != mark:
            continue
        where = f"{document}, line {number}"
        stops = (i for i in range(number, len(lines)) if lines[i].strip() == END or START.fullmatch(lines[i]))
        end = next(stops, None)
        if end is None or lines[end].strip() != END:
            raise StoreError(f"{where}: the generated block does not end; put a line {END} after it")
        try:
            made += write(_block(start["words"])).splitlines()
        except StoreError as error:
            raise StoreError(f"{where}: {error}") from error
        number = end
    return "\n".join(made) + "\n" * text.endswith("\n")


def _block(words: str) -> Block:
    name, *rest = words.split() or [""]
    options = dict(word.split("=", 1) for word in rest if "=" in word)
    return Block(name, tuple(word for word in rest if "=" not in word), options)
