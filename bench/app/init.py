"""``mnp-bench init``: a commented suite file for the user's own table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.datasets.layout import layout_of, table_path
from bench.errors import ConfigError
from bench.usertable.examine import examine
from bench.usertable.suite_file import suite_text


def init(
    path: str,
    out: str | None,
    say: Callable[[str], None],
    label: str | None = None,
    normal: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    types: dict[str, str] | None = None,
) -> Path:
    """Look at a table and write a suite file beside the working directory's others; what was seen is told by ``say``.

    Raises
    ------
    ConfigError
        The file is there already.
    UnknownName, DataError
        The table cannot be used.
    """
    file = table_path(path)
    target = Path(out) if out else Path(file.name.partition(".")[0] + ".toml")
    if target.exists():
        raise ConfigError(f"{target} is there already; name another file with --out, or move it away")
    if target.suffix != ".toml":
        raise ConfigError(f"--out {target}: a suite file's name ends in .toml")
    text, notes = suite_text(examine(file, layout_of(file), label, drop, types), normal, types)
    for note in notes:
        say(note)
    target.write_text(text, encoding="utf-8")
    say(f"written to {target}; next: mnp-bench plan {target}")
    return target
