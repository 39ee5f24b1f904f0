"""What can be wrong with a file of text before it is cut into columns: no text at all, encoding, delimiter."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path
from typing import BinaryIO

from bench.errors import DataError

FIRST_BYTES = 1 << 16
#: First bytes of files that are no text, and what to do with them.
MAGIC = (
    (b"PAR1", "is a parquet file; let its name end in .parquet"),
    (b"\x1f\x8b", "is compressed with gzip; let its name end in .csv.gz"),
    (b"PK\x03\x04", "is a zip archive or a spreadsheet; unpack it or save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet; save it as CSV"),
    (b"\xff\xfe", "is not UTF-8 but UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "is not UTF-8 but UTF-16; save it as UTF-8"),
)
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def open_bytes(path: Path) -> BinaryIO:
    """The file's text as bytes, unpacked if its name ends in .gz (in any case)."""
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def check_text(path: Path, delimiter: str, encoding: str = "utf-8") -> None:
    """Refuse what is no text in this encoding as its first bytes show, and a delimiter that cannot be one.

    Raises
    ------
    DataError
    """
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '\r\n"':
        raise DataError(f'{path.name}: delimiter = "{delimiter}" is not one ASCII character; use "," or ";" or "\\t"')
    with open_bytes(path) as stream:
        start = stream.read(FIRST_BYTES)
    try:
        wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    except LookupError:
        raise DataError(f"{path.name}: there is no encoding {encoding!r}; use utf-8, cp1252 or another one") from None
    for magic, sentence in MAGIC:
        if start.startswith(magic) and not (wide and magic in UTF16_MARKS):
            raise DataError(f"{path.name} {sentence}")
    if b"\0" in start and not wide:
        raise DataError(f"{path.name} {_about_nul(start, 0, 0)}")


def why_no_text(path: Path, encoding: str = "utf-8") -> str:
    """The first place of a file that is no text or a NUL byte, as the end of a sentence; "" if there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    done, lines = 0, 0
    with open_bytes(path) as stream:
        while block := stream.read(1 << 20):
            if b"\0" in block and not wide:
                return _about_nul(block, done, lines)
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                byte = error.object[error.start]
                line = lines + error.object[: error.start].count(b"\n") + 1
                what = "UTF-8" if encoding == "utf-8" else encoding
                return f"is not {what} (byte 0x{byte:02x} in line {line}); save it as UTF-8"
            done += len(block)
            lines += block.count(b"\n")
    return ""


def _about_nul(block: bytes, done: int, lines: int) -> str:
    where = block.index(b"\0")
    if block.count(b"\0") > len(block) // 4:
        return "is not UTF-8 (every other byte is NUL, so it may be UTF-16); save it as UTF-8"
    line = lines + block[:where].count(b"\n") + 1
    return f"holds a NUL byte (byte {done + where}, line {line}), which no text has; write the file again"
