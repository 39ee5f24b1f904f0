"""The answers of the server: which page or data belong to an address. Nothing here writes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bench.errors import BenchError
from bench.leaderboard.merge import merge
from bench.leaderboard.page import page
from bench.leaderboard.sources import read_sources
from bench.serving import following
from bench.serving.folders import TYPES, file_in, results_folders
from bench.store import FOLDER

HTML, JSON = TYPES[".html"], "application/json"


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    content_type: str
    body: bytes


class Pages:
    """Answers for the results below a folder; what is costly is kept until a store changes.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._kept: dict[str, tuple[Any, bytes]] = {}
        self._lock = threading.Lock()

    def answer(self, path: str) -> Answer:
        """The answer to a path, as it stands in the request without its query."""
        words = [unquote(word) for word in path.strip("/").split("/")] if path.strip("/") else []
        match words:
            case []:
                return Answer(200, HTML, _page("overview.html"))
            case ["overview.json"]:
                return self._data(self._overview)
            case ["leaderboard"]:
                return self._try(HTML, lambda: self._keeping("leaderboard", self._leaderboard))
            case ["follow", *names]:
                known = names and "/".join(names) in results_folders(self.root)
                return Answer(200, HTML, _page("follow.html")) if known else _missing()
            case ["follow.json", *names]:
                return self._follow("/".join(names))
            case ["files", *names]:
                return self._file(names)
        return _missing()

    def _overview(self) -> Any:
        folders = results_folders(self.root)
        return [
            {"name": name, "page": (folder / "index.html").is_file(), **following.progress(folder)}
            for name, folder in folders.items()
        ]

    def _follow(self, name: str) -> Answer:
        folder = results_folders(self.root).get(name)
        if folder is None:
            return _missing()

        def told() -> Any:
            kept = self._keeping(f"follow {name}", lambda: json.dumps(following.outcomes(folder)).encode(), folder)
            return {"name": name, **following.progress(folder), **json.loads(kept)}

        return self._data(told)

    def _file(self, names: list[str]) -> Answer:
        folders = results_folders(self.root)
        for cut in range(len(names), 0, -1):
            folder = folders.get("/".join(names[:cut]))
            if folder is not None:
                path = file_in(folder, names[cut:])
                return _missing() if path is None else Answer(200, TYPES[path.suffix], path.read_bytes())
        return _missing()

    def _leaderboard(self) -> bytes:
        folders = [str(folder) for folder in results_folders(self.root).values()]
        return page(merge(read_sources(folders)), "Leaderboard").encode()

    def _keeping(self, name: str, make: Callable[[], bytes], folder: Path | None = None) -> bytes:
        """What was made before, if no store has changed since."""
        with self._lock:
            state = _state([folder] if folder else list(results_folders(self.root).values()))
            if self._kept.get(name, (None, b""))[0] != state:
                self._kept[name] = (state, make())
            return self._kept[name][1]

    def _data(self, make: Callable[[], Any]) -> Answer:
        return self._try(JSON, lambda: json.dumps(make()).encode())

    def _try(self, content_type: str, make: Callable[[], bytes]) -> Answer:
        """Trouble that a user can mend is told as a sentence."""
        try:
            return Answer(200, content_type, make())
        except BenchError as error:
            return Answer(503, "text/plain; charset=utf-8", f"{error}\n".encode())


def _state(folders: list[Path]) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of all parts of some stores; a part that a run merged away in between has none."""
    files = []
    for folder in folders:
        for part in sorted((folder / FOLDER).glob("*.parquet")):
            try:
                known = part.stat()
            except FileNotFoundError:
                continue
            files.append((str(part), known.st_size, known.st_mtime_ns))
    return tuple(files)


def _missing() -> Answer:
    return Answer(404, "text/plain; charset=utf-8", b"There is nothing here.\n")


def _page(name: str) -> bytes:
    """A page with the style sheet that all of them wear."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("bench.serving", "."), autoescape=True, undefined=StrictUndefined)
    style = files("bench.serving").joinpath("page.css").read_text(encoding="utf-8")
    return environment.get_template(name).render(style=style).encode()
