"""The server: loopback only, reading only, for a browser that asked this machine by its own name."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from bench.errors import ConfigError
from bench.serving.folders import results_folders
from bench.serving.pages import Answer, Pages

ADDRESS = "127.0.0.1"
#: A site that makes its name point at this machine asks under that name, and is refused.
NAMES = ("127.0.0.1", "localhost")
#: Only what the pages bring themselves; no other site may frame them.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Server(ThreadingHTTPServer):
    """Serves the results below a folder.

    Parameters
    ----------
    root : Path
    port : int
        0 = a free one.

    Raises
    ------
    StoreError, ConfigError
        There is no such folder, or the port is taken.
    """

    daemon_threads = True

    def __init__(self, root: Path, port: int) -> None:
        results_folders(root)  # says so before anybody waits, if there is no such folder
        self.pages = Pages(root)
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise ConfigError(f"port {port} cannot be used ({error.strerror}); choose another with --port") from error

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{ADDRESS}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version, sys_version = "mnp-bench", ""
    timeout = 30

    def do_GET(self) -> None:
        """Send what an address holds."""
        self._send(self._answer())

    do_HEAD = do_GET

    def _refuse(self) -> None:
        self.close_connection = True  # a body that nobody reads must not be taken for the next request
        self._send(Answer(405, "text/plain; charset=utf-8", b"This server only shows.\n"), {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def _answer(self) -> Answer:
        hosts = {f"{name}:{self.server.server_port}" for name in NAMES}
        if self.headers.get_all("Host") is None or not set(self.headers.get_all("Host") or ()) <= hosts:
            return Answer(403, "text/plain; charset=utf-8", b"Ask for 127.0.0.1 or localhost.\n")
        return self.server.pages.answer(urlsplit(self.path).path)

    def _send(self, answer: Answer, more: dict[str, str] | None = None) -> None:
        self.send_response(answer.status)
        told = {
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
            **(more or {}),
        }
        for name, value in told.items():
            self.send_header(name, value)
        try:
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
        except ConnectionError:  # the reader closed the page before it had come
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a page that follows a run asks every two seconds."""
