"""People who only have a table are told in the words of the command, not in those of a suite file."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.app.cli import app
from bench.datasets.table import TableSource, load_table
from bench.errors import DataError

ROWS = 60
#: What only a suite file or the reading of one has.
SUITE_WORDS = ("in drop", "missing =", "label =", "drop =", "categories =", "type_column", "[[dataset]]", "[scenario]")
TABLES = {
    "word among numbers": ("m,a,label", lambda i: f"{'oops' if i == 7 else i},{i}.5", "--drop m"),
    "word in a column of blanks": ("my column,a,label", lambda i: f"{'oops' if i == 7 else i},{i}.5", "--drop 'my"),
    "too large": ("m,a,label", lambda i: f"{'1e400' if i == 7 else i},{i}.5", "rescale the column to use it"),
    "rounded": ("m,a,label", lambda i: f"{12345678901234567890 + i},{i}.5", "in common to use it"),
    "percent": ("m,a,label", lambda i: f"{i % 4}%,{i}.5", "--drop m"),
    "no name": ("m,,label", lambda i: f"{i},{i}.5", "column 2 has no name; name it in the first line"),
    "two labels": ("target,a,label", lambda i: f"{i % 2},{i}.5", "--label target or --label label"),
}


def written(path: Path, header: str, row: object) -> Path:
    path.write_text(header + "\n" + "".join(f"{row(i)},{int(i in (3, 9))}\n" for i in range(ROWS)))  # type: ignore[operator]
    return path


@pytest.mark.parametrize("case", TABLES)
@pytest.mark.parametrize("command", ["fit", "init"])
def test_what_is_said_of_a_table_fits_the_command(case: str, command: str, tmp_path: Path) -> None:
    header, row, expected = TABLES[case]
    path = str(written(tmp_path / "my.csv", header, row))
    rest = (
        ["--save", str(tmp_path / "m"), "--method", "hbos"] if command == "fit" else ["--out", str(tmp_path / "s.toml")]
    )
    said = " ".join(CliRunner().invoke(app, [command, path, *rest]).output.split())
    if not (case == "two labels" and command == "init"):
        assert expected in said
    assert not [word for word in SUITE_WORDS if word in said], said


def test_a_suite_is_told_in_its_own_words(tmp_path: Path) -> None:
    header, row, _ = TABLES["word among numbers"]
    path = written(tmp_path / "my.csv", header, row)
    with pytest.raises(
        DataError, match='leave the field empty with missing = "median" or "ffill", or list the column in'
    ):
        load_table(TableSource(str(path)))
