"""The edge of the program: what the system refuses becomes one sentence, and a lost terminal costs no results.

Files, rights, disks and encodings fail in more ways than any room could foresee. Rooms raise what happened;
here, and only here, it is put into words.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any, TextIO

from bench.errors import not_installed

#: What to do about it, by the system's number of the error. What is not listed is told in the system's words.
REMEDIES = {
    errno.EACCES: "give yourself the right to it, or name another place",
    errno.EPERM: "give yourself the right to it, or name another place",
    errno.ENOENT: "check the path",
    errno.EISDIR: "a file is needed there; move the folder away, or name another place",
    errno.ENOTDIR: "a folder is needed where a file lies; move the file away, or name another place",
    errno.EEXIST: "a folder is needed where a file lies; move the file away, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "its links lead to each other; correct them",
    errno.ENOSPC: "free some space and give the same command again; everything stored so far is kept",
    errno.EDQUOT: "free some space and give the same command again; everything stored so far is kept",
    errno.EFBIG: "allow larger files (ulimit -f) and give the same command again; everything stored so far is kept",
    errno.EMFILE: "allow more open files (ulimit -n), or give fewer --jobs",
    errno.ENFILE: "end other programs, or give fewer --jobs",
    errno.ENOMEM: "end other programs, or give fewer --jobs",
    errno.EAGAIN: "allow more processes (ulimit -u), or give fewer --jobs",
}
#: Errors that a user can mend without reading code; each is a class of Python's own.
OF_THE_SYSTEM = (OSError, MemoryError, UnicodeError, ModuleNotFoundError)
#: Packages of this program.
OURS = ("bench", "mnp", "baselines", "replicas", "reproducibility")
#: Letters of our tables in streams that have ASCII or Latin-1 only.
_PLAIN = {
    "±": "+/-", "\N{EN DASH}": "-", "\N{MULTIPLICATION SIGN}": "x", "†": "+", "‡": "++", "§": "*", "≤": "<=",
    "…": "...",
}  # fmt: skip
#: The name under which codecs knows the above.
PLAIN = "bench.plain"


def of_the_system(error: BaseException) -> bool:
    """Whether the system refused something; a missing part of this program is a fault of ours."""
    ours = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in OURS
    return isinstance(error, OF_THE_SYSTEM) and not ours


def sentence(error: BaseException) -> str:
    """An error of the system (one of ``OF_THE_SYSTEM``) as one sentence: which path, what is wrong, what to do."""
    if isinstance(error, MemoryError):
        return f"there is not enough memory{_said(error)}; ask for less, or use a machine with more"
    if isinstance(error, UnicodeDecodeError):
        wrong = error.object[error.start]
        return f"a text file is not {error.encoding.upper()} (byte 0x{wrong:02x} at {error.start}); save it as UTF-8"
    if isinstance(error, UnicodeError):
        return f"a name holds letters that cannot be written{_said(error)}; give it another name"
    if isinstance(error, ModuleNotFoundError):
        return not_installed(error)
    assert isinstance(error, OSError)
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    what = (error.strerror or str(error) or type(error).__name__).strip()
    told = f"{' and '.join(names)}: {what}" if names else what
    remedy = REMEDIES.get(error.errno or 0, "correct that and give the same command again")
    return f"{told}; {remedy}"


def _said(error: BaseException) -> str:
    first = str(error).strip().splitlines()
    return f" ({first[0]})" if first else ""


class Stream(io.FileIO):
    """A standard stream whose failing (a reader that has gone, a full disk) stops the writing, not the work."""

    trouble: OSError | None = None

    def write(self, data: Any) -> int:
        """Write, or from the first failure on take everything and keep nothing."""
        if self.trouble is None:
            try:
                return super().write(data)
            except OSError as error:
                self.trouble = error
        return memoryview(data).nbytes


def guard_streams() -> dict[str, Stream]:
    """Put such streams in the place of standard output and standard error; returns them by name.

    Letters that a stream's encoding lacks are written as ASCII that says the same, or as a question mark.
    """
    codecs.register_error(PLAIN, _plain)
    guarded = {}
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None or not isinstance(stream, io.TextIOWrapper):
            continue  # it is closed, or somebody catches it: then there is nothing to guard
        try:
            descriptor = stream.fileno()
        except io.UnsupportedOperation:
            continue  # text in memory: a caller collects it
        stream.flush()
        raw = Stream(descriptor, "w", closefd=False)
        text = io.TextIOWrapper(
            io.BufferedWriter(raw), stream.encoding, PLAIN, line_buffering=name == "stderr" or raw.isatty()
        )
        setattr(sys, name, text)
        guarded[name] = raw
    return guarded


def lost_output(streams: dict[str, Stream]) -> str:
    """Why standard output did not take everything: empty if it did, or if its reader had read enough."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    trouble = streams["stdout"].trouble if "stdout" in streams else None
    if trouble is None or isinstance(trouble, BrokenPipeError):
        return ""
    return f"standard output cannot be written: {sentence(trouble)}"


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_PLAIN.get(letter, "?") for letter in letters), error.end


def exit_code(end: SystemExit) -> int:
    """The number that a SystemExit means."""
    return end.code if isinstance(end.code, int) else int(end.code is not None)
