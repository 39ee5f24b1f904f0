"""Downloads against a web server on this machine: good, wrong, cut short, missing, resumed."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.datasets import adbench, download, fetch
from bench.datasets.pins import pin
from bench.errors import DataError, UnknownName
from bench.types import DatasetCard

PATH = "Classical/38_thyroid.npz"


@dataclass
class Served:
    """What the server has, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    asked: list[Any] = field(default_factory=list)
    redirect: str = ""
    url: str = ""


@pytest.fixture
def web() -> Iterator[Any]:
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append((self.path, self.headers.get("Range")))
            if served.redirect:
                self.send_response(302)
                self.send_header("Location", served.redirect)
                self.end_headers()
                return
            body = served.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if self.headers["Range"] else 0
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start : served.cut_after])

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def body(tmp_path: Path) -> Any:
    path = tmp_path / "made.npz"
    rng = np.random.default_rng(0)
    np.savez(path, X=rng.random((20_000, 3)), y=np.repeat([0, 1], [19_950, 50]))
    return path.read_bytes()


@pytest.fixture
def card(body: bytes, web: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(adbench, "MIRRORS", (f"{web.url}/first/", f"{web.url}/second/"))
    base = adbench.cards()["adbench/38_thyroid"]
    return replace(base, rows=20_000, features=3, anomalies=50, sha256=sha256(body).hexdigest())


def test_a_download_is_checked_kept_and_not_repeated(web: Any, card: DatasetCard, body: bytes, cache: Any) -> None:
    web.files[f"/first/{PATH}"] = body
    told = []
    got = fetch.fetch_one(card, lambda *news: told.append(news))
    assert got.path == cache / "adbench" / "38_thyroid.npz" and got.path.read_bytes() == body
    assert got.notice == ""
    assert told[-1] == ("adbench/38_thyroid", len(body), len(body))
    assert fetch.fetch_one(card).path == got.path
    assert len(web.asked) == 1
    assert adbench.load(card, None).X.shape == (20_000, 3)


def test_the_second_mirror_serves_when_the_first_has_nothing(web: Any, card: DatasetCard, body: bytes) -> None:
    web.files[f"/second/{PATH}"] = body
    assert fetch.fetch_one(card).path.read_bytes() == body
    assert [path for path, _ in web.asked] == [f"/first/{PATH}", f"/second/{PATH}"]


def test_the_second_mirror_serves_when_the_first_is_down(
    web: Any, card: DatasetCard, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.files[f"/second/{PATH}"] = body
    monkeypatch.setattr(adbench, "MIRRORS", ("http://127.0.0.1:9/", f"{web.url}/second/"))
    assert fetch.fetch_one(card).path.read_bytes() == body


def test_wrong_bytes_are_never_kept(web: Any, card: DatasetCard, body: bytes, cache: Any) -> None:
    web.files[f"/first/{PATH}"] = web.files[f"/second/{PATH}"] = body[:-1] + b"x"
    with pytest.raises(DataError, match=r"wrong sha256.*wrong sha256.*MNP_BENCH_DATA"):
        fetch.fetch_one(card)
    assert not (cache / "adbench" / "38_thyroid.npz").exists()
    assert not any((cache / "partial").iterdir())
    web.files[f"/first/{PATH}"] = body
    assert fetch.fetch_one(card).path.read_bytes() == body


def test_a_wrong_first_mirror_leaves_the_right_second(web: Any, card: DatasetCard, body: bytes) -> None:
    web.files |= {f"/first/{PATH}": b"<html>sign in</html>", f"/second/{PATH}": body}
    assert fetch.fetch_one(card).path.read_bytes() == body


def test_a_broken_transfer_is_resumed_where_it_broke(web: Any, card: DatasetCard, body: bytes, cache: Any) -> None:
    web.files[f"/first/{PATH}"] = body
    web.cut_after = download.BLOCK + 1000
    with pytest.raises(DataError, match="broke off"):
        fetch.fetch_one(card)
    assert not (cache / "adbench" / "38_thyroid.npz").exists()
    assert next((cache / "partial").iterdir()).stat().st_size == download.BLOCK
    web.cut_after = None
    web.asked.clear()
    assert fetch.fetch_one(card).path.read_bytes() == body
    assert web.asked == [(f"/first/{PATH}", f"bytes={download.BLOCK}-")]


def test_a_stale_part_longer_than_the_file_is_thrown_away(web: Any, card: DatasetCard, body: bytes, cache: Any) -> None:
    web.files[f"/first/{PATH}"] = body
    part = cache / "partial" / sha256(f"{web.url}/first/{PATH}".encode()).hexdigest()
    part.parent.mkdir(parents=True)
    part.write_bytes(body + b"more")
    with pytest.raises(DataError):
        fetch.fetch_one(card)
    assert fetch.fetch_one(card).path.read_bytes() == body


def test_missing_everywhere_is_one_sentence(web: Any, card: DatasetCard) -> None:
    with pytest.raises(
        DataError, match=r"38_thyroid could not be downloaded \(127.0.0.1: HTTP 404; 127.0.0.1: HTTP 404\)"
    ):
        fetch.fetch_one(card)


def test_offline_is_one_sentence_with_both_ways(card: DatasetCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adbench, "MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(DataError, match=r"no connection.*with a network.*--data-dir or MNP_BENCH_DATA"):
        fetch.fetch_one(card)


def test_only_https_even_after_a_redirect(web: Any, card: DatasetCard, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="over https only"):
        download.require_https("http://example.org/38_thyroid.npz")
    with pytest.raises(DataError, match="over https only"):
        download.require_https("file:///etc/hosts")
    monkeypatch.setattr(adbench, "MIRRORS", ("ftp://127.0.0.1/",))
    with pytest.raises(DataError, match="over https only"):
        fetch.fetch_one(card)
    assert web.asked == []
    monkeypatch.setattr(adbench, "MIRRORS", (f"{web.url}/first/",))
    web.redirect = "http://192.0.2.1/38_thyroid.npz"
    with pytest.raises(DataError, match=r"http://192.0.2.1/38_thyroid.npz is not https"):
        fetch.fetch_one(card)


def test_a_damaged_file_in_the_cache_is_fetched_again(web: Any, card: DatasetCard, body: bytes) -> None:
    web.files[f"/first/{PATH}"] = body
    path = fetch.fetch_one(card).path
    path.write_bytes(b"damaged")
    assert fetch.fetch_one(card).path.read_bytes() == body


def test_an_unpinned_file_is_checked_then_pinned_with_a_notice(
    web: Any, card: DatasetCard, body: bytes, cache: Any
) -> None:
    unpinned = replace(card, sha256=None)
    web.files[f"/first/{PATH}"] = body
    got = fetch.fetch_one(unpinned)
    assert "is pinned on this machine" in got.notice and sha256(body).hexdigest() in got.notice
    assert pin(unpinned) == sha256(body).hexdigest()
    assert fetch.fetch_one(unpinned).notice == ""
    assert adbench.load(unpinned, None).X.shape == (20_000, 3)
    got.path.write_bytes(body + b" ")
    with pytest.raises(DataError, match="is pinned to"):
        adbench.load(unpinned, None)


def test_an_unpinned_file_that_does_not_fit_its_card_is_deleted(
    web: Any, card: DatasetCard, body: bytes, cache: Any
) -> None:
    web.files[f"/first/{PATH}"] = body
    with pytest.raises(DataError, match="its card says 7"):
        fetch.fetch_one(replace(card, sha256=None, rows=7))
    web.files[f"/first/{PATH}"] = b"<html>sign in</html>"
    with pytest.raises(DataError, match="no readable npz"):
        fetch.fetch_one(replace(card, sha256=None))
    assert not (cache / "adbench" / "38_thyroid.npz").exists()
    assert pin(replace(card, sha256=None)) is None


def test_collections_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    assert len(fetch.members(["adbench"])) == 47
    both = fetch.members(["adbench:NLP_by_BERT", "adbench/NLP_by_BERT/imdb", "adbench/38_thyroid"])
    assert len(both) == 14
    with pytest.raises(UnknownName, match="adbench/38_thyroid"):
        fetch.members(["adbench/38_thyriod"])
    with pytest.raises(DataError, match="needs no download"):
        fetch.members(["digits-low"])
    with pytest.raises(DataError, match="--data-dir"):
        fetch.members(["nslkdd"])


def test_one_set_that_is_missing_does_not_keep_the_others_away(
    web: Any, card: DatasetCard, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["adbench/42_WBC", "adbench/38_thyroid"]
    monkeypatch.setattr(fetch, "members", lambda names, only: [adbench.cards()[names[0]], card])
    web.files[f"/first/{PATH}"] = body
    with pytest.raises(DataError, match=r"42_WBC could not be downloaded"):
        fetch.fetch(names)
    assert adbench.target(card).read_bytes() == body


def test_without_a_connection_the_first_failure_is_the_last(card: DatasetCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adbench, "MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(download.Offline) as caught:
        fetch.fetch(["adbench"])
    assert str(caught.value).count("could not be downloaded") == 1


def test_many_failures_are_not_told_one_by_one(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adbench, "MIRRORS", (f"{web.url}/first/",))
    with pytest.raises(DataError, match="42 more could not be had either") as caught:
        fetch.fetch(["adbench"])
    assert str(caught.value).count("could not be downloaded") == 5
    assert len(web.asked) == 47
