"""One file over https: hash-checked, resumed after a break, from the first mirror that gives the right bytes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bench.datasets.places import cache_folder
from bench.errors import DataError

TIMEOUT_SECONDS = (10, 60)
BLOCK = 1 << 18
NO_CONNECTION = "no connection"


class Offline(DataError):
    """No mirror could be reached at all."""


def download(
    urls: Iterable[str],
    expected: str | None,
    path: Path,
    name: str,
    tell: Callable[[int, int | None], None] | None = None,
) -> None:
    """Download a file from the first mirror that gives the right bytes.

    Parameters
    ----------
    urls : iterable of str
        Mirrors, best first; https only (http for this machine's own address).
    expected : str or None
        Sha256; None takes what comes.
    path : Path
    name : str
        For messages.
    tell : callable, optional
        Called with the bytes done and expected.

    Raises
    ------
    DataError
        No mirror could give it; one sentence with each mirror's reason and both remedies.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.WARNING)
    reasons = []
    for url in urls:
        require_https(url)
        try:
            pooch.retrieve(
                url,
                known_hash=f"sha256:{expected}" if expected else None,
                fname=path.name,
                path=path.parent,
                downloader=Resuming(tell),
            )
            return
        except requests.RequestException as error:
            reasons.append(f"{urlsplit(url).hostname}: {_short(error)}")
        except ValueError as error:
            if "does not match" not in str(error):
                raise
            reasons.append(f"{urlsplit(url).hostname}: wrong sha256")
        except OSError as error:
            raise DataError(f"cannot write {path} ({error.strerror}); free space or set MNP_BENCH_CACHE") from error
    error_class = Offline if all(reason.endswith(NO_CONNECTION) for reason in reasons) else DataError
    raise error_class(
        f"{name} could not be downloaded ({'; '.join(reasons)}); try again with a network, "
        f"or point --data-dir or MNP_BENCH_DATA at a folder that holds {_in_data_folder(path)}"
    )


def _in_data_folder(path: Path) -> str:
    return path.relative_to(cache_folder()).as_posix() if path.is_relative_to(cache_folder()) else path.name


def require_https(url: str) -> None:
    """Raise DataError unless the address is https, or http to this machine itself."""
    address = urlsplit(url)
    local = address.scheme == "http" and address.hostname in ("127.0.0.1", "localhost", "::1")
    if address.scheme != "https" and not local:
        raise DataError(f"{url} is not https; data are fetched over https only")


def _stay_on_https(response: Any, **_: Any) -> None:
    """Look at each redirect before it is followed."""
    if response.is_redirect:
        require_https(urljoin(response.url, response.headers["location"]))


def _short(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.ConnectionError):
        return NO_CONNECTION
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "the transfer broke off"


class Resuming:
    """Pooch's downloader contract, keeping what a broken transfer left and asking for the rest next time."""

    def __init__(self, tell: Callable[[int, int | None], None] | None = None) -> None:
        self.tell = tell

    def __call__(self, url: str, output_file: str | Path, pooch: Any) -> None:  # noqa: ARG002 (pooch's contract)
        """Stream ``url`` to ``output_file``.

        Raises
        ------
        requests.RequestException
            The server cannot be reached, refuses, or breaks off; the part that came is kept.
        """
        import requests

        part = cache_folder() / "partial" / sha256(url.encode()).hexdigest()
        part.parent.mkdir(parents=True, exist_ok=True)
        have = part.stat().st_size if part.is_file() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        headers["Accept-Encoding"] = "identity"  # or a resumed transfer would join compressed halves
        hooks = {"response": _stay_on_https}
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS, hooks=hooks) as response:
            if response.status_code == 416:
                part.unlink()  # longer than the file: start anew
                raise requests.ConnectionError("stale partial download")
            response.raise_for_status()
            resumed = response.status_code == 206
            have = have if resumed else 0
            length = response.headers.get("Content-Length")
            total = have + int(length) if length else None
            with part.open("ab" if resumed else "wb") as stream:
                for block in response.iter_content(BLOCK):
                    stream.write(block)
                    have += len(block)
                    if self.tell:
                        self.tell(have, total)
        if total is not None and have != total:
            raise requests.ConnectionError(f"{have} of {total} bytes came")
        # A complete file leaves the partial folder whatever its hash: a wrong one must not be resumed.
        part.replace(output_file)
