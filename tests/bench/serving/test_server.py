"""The server shows results and nothing else, to this machine and nobody else, and writes nothing."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psutil
import pytest

from bench.errors import ConfigError, StoreError
from bench.serving.server import Server
from bench.store import Store
from tests.bench.leaderboard.made_up import folder, frame
from tests.bench.records import record
from tests.bench.report.browser import Browser, program

SECRET = "nobody's business"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    served = tmp_path_factory.mktemp("serving")
    (served / "secret.txt").write_text(SECRET)
    results = served / "results"
    folder(results / "first run", frame(6, 2))
    run = results / "first run"
    (run / "index.html").write_text("the page")
    (run / "figures").mkdir()
    (run / "figures" / "a.png").write_bytes(b"png")
    (run / "link.txt").symlink_to(served / "secret.txt")
    (run / "inner.txt").symlink_to(run / "index.html")
    (run / "linked").symlink_to(served)
    (results / "elsewhere").symlink_to(served)
    (run / "notes.sqlite").write_text(SECRET)
    (run / ".hidden.txt").write_text(SECRET)
    return results


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    with Server(root, 0) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        made.shutdown()


def asked(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    line.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    answered = answer.status, answer.read(), dict(answer.getheaders())
    line.close()
    return answered


def test_pages_data_and_files_are_shown(server: Server) -> None:
    assert asked(server, "/")[0] == 200
    assert json.loads(asked(server, "/overview.json")[1]) == [{"name": "first run", "page": True}]
    assert asked(server, "/files/first%20run/index.html")[:2] == (200, b"the page")
    assert asked(server, "/files/first%20run/figures/a.png")[2]["Content-Type"] == "image/png"
    assert b"Random forest" in asked(server, "/leaderboard")[1]
    told = json.loads(asked(server, "/follow.json/first%20run")[1])
    assert told["cells"] == 60 and told["common"] == 12 and len(told["means"]) == 5
    assert all(mean["low"] < mean["mean"] < mean["high"] for mean in told["means"])


@pytest.mark.parametrize(
    "path",
    [
        "/files/../secret.txt",
        "/files/first%20run/../../secret.txt",
        "/files/first%20run/%2e%2e/%2e%2e/secret.txt",
        "/files/first%20run/..%2f..%2fsecret.txt",
        "/files/first%20run/%252e%252e/%252e%252e/secret.txt",
        "/files/first%20run/..%5c..%5csecret.txt",
        "/files/first%20run/figures/../../../secret.txt",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/first%20run//secret.txt",
        "/files/first%20run/link.txt",
        "/files/first%20run/inner.txt",
        "/files/first%20run/linked/secret.txt",
        "/files/elsewhere/secret.txt",
        "/files/elsewhere/results/first%20run/index.html",
        "/files/first%20run/index.html%00.txt",
        "/files/first%20run/notes.sqlite",
        "/files/first%20run/.hidden.txt",
        "/files/first%20run/manifest.json",
        "/files/first%20run",
        "/files",
        "/follow/..",
        "/follow/nothing",
        "/follow.json/..%2f..",
        "/secret.txt",
        "/../secret.txt",
        "http://127.0.0.1/secret.txt",
    ],
)
def test_nothing_outside_and_nothing_else_is_shown(server: Server, path: str) -> None:
    status, body, _ = asked(server, path)
    assert status in (403, 404) and SECRET.encode() not in body and b"root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_it_only_shows(server: Server, method: str) -> None:
    status, _, headers = asked(server, "/", method)
    assert status == 405 and headers["Allow"] == "GET, HEAD"


def test_head_has_no_body(server: Server) -> None:
    status, body, headers = asked(server, "/", "HEAD")
    assert status == 200 and body == b"" and int(headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil.example:{port}"]
)
def test_a_name_that_points_here_is_refused(server: Server, host: str) -> None:
    assert asked(server, "/overview.json", Host=host.format(port=server.server_port))[0] == 403


def test_without_a_name_it_is_refused(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as line:
        line.sendall(b"GET /overview.json HTTP/1.0\r\n\r\n")
        assert line.recv(100).split()[1] == b"403"


def test_two_hosts_are_refused(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as line:
        line.sendall(f"GET / HTTP/1.0\r\nHost: localhost:{server.server_port}\r\nHost: evil\r\n\r\n".encode())
        assert line.recv(100).split()[1] == b"403"


def test_this_machine_by_name_is_answered(server: Server) -> None:
    assert asked(server, "/overview.json", Host=f"localhost:{server.server_port}")[0] == 200


def test_only_this_machine_can_reach_it(server: Server) -> None:
    (line,) = [
        c for c in psutil.Process().net_connections() if c.status == "LISTEN" and c.laddr.port == server.server_port
    ]
    assert line.laddr.ip == "127.0.0.1"


def test_a_taken_port_and_a_missing_folder_are_said(server: Server, root: Path) -> None:
    with pytest.raises(ConfigError, match="choose another with --port"):
        Server(root, server.server_port)
    with pytest.raises(StoreError, match="there is no folder"):
        Server(root / "nothing", 0)


def test_serving_writes_nothing(server: Server, root: Path) -> None:
    def everything() -> list[tuple[str, int]]:
        return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*"))

    before = everything()
    for path in ("/", "/overview.json", "/leaderboard", "/follow/first%20run", "/follow.json/first%20run"):
        assert asked(server, path)[0] == 200
    assert everything() == before


def test_a_run_is_followed_while_it_goes_on(tmp_path: Path) -> None:
    words = [
        sys.executable,
        str(Path(__file__).parents[1] / "run_toys.py"),
        str(tmp_path / "toys"),
        "1",
        "--slower",
        "6",
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = []
    try:
        with Server(tmp_path, 0) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            while process.poll() is None:
                status, body, _ = asked(server, "/follow.json/toys")
                seen += [json.loads(body)] if status == 200 else []
                time.sleep(0.1)
            last = json.loads(asked(server, "/follow.json/toys")[1])
            server.shutdown()
    finally:
        for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            child.kill()
        process.kill()
    middle = [state for state in seen if state.get("state") == "running"]
    assert any(0 < state["cells"] < 16 and state["means"] for state in middle), middle[-1:]
    assert any(state["left"] for state in middle) and any(state["failures"] for state in middle)
    assert last["state"] == "finished" and last["cells"] == 16 and last["failures"]


def test_a_store_that_changes_is_read_again(tmp_path: Path) -> None:
    with Server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with Store(tmp_path / "mine") as store:
            for number in range(3):
                store.append([record(number)])
                assert json.loads(asked(server, "/follow.json/mine")[1])["cells"] == number + 1
        server.shutdown()


@pytest.mark.skipif(program() is None, reason="no Chromium on this machine")
def test_the_pages_work_in_a_browser(server: Server, tmp_path: Path) -> None:
    tab = Browser(tmp_path)
    try:
        for address, says in (
            ("", "first run"),
            ("follow/first%20run", "Random forest"),
            ("leaderboard", "Random forest"),
        ):
            tab.go(server.url + address)
            assert says in tab.value("document.body.innerText")
        assert tab.errors == []
    finally:
        tab.close()


def test_both_pages_wear_one_style_sheet(server: Server) -> None:
    sheet = (files("bench.serving") / "page.css").read_text()
    for path in ("/", "/follow/first%20run"):
        assert f"<style>{sheet}</style>" in asked(server, path)[1].decode()
    for name in ("overview.html", "follow.html"):
        assert "{ --ink" not in (files("bench.serving") / name).read_text()
