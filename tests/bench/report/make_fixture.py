"""Makes the stored run that the tests of the reports read: ``python -m tests.bench.report.make_fixture``.

Runs both suite files of the fixture folder (about a minute), leaves the scores out, which would be most of the bytes,
and keeps one parquet file and the manifest. Afterwards ``pytest tests/bench/report --force-regen`` makes the golden tables anew.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pyarrow as pa

from bench.app.run import Choices, run_suite
from bench.store import FOLDER, segments
from bench.store.manifest import MANIFEST
from bench.store.schema import SCORES
from bench.suite.load import read_suite

FIXTURE = Path(__file__).parent / "fixture"
SUITES = ("weak", "paper")


def main() -> None:
    """Replace the stored run."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "fixture"
        for name in SUITES:
            experiment = read_suite(str(FIXTURE / f"{name}.toml"))
            run_suite(experiment, Choices(out=str(out), track=False))
        tables = [segments.read(part) for part in segments.live(segments.listed(out / FOLDER))]
        rows = pa.concat_tables(tables, promote_options="permissive")
        assert SCORES not in rows.column_names
        shutil.rmtree(FIXTURE / FOLDER, ignore_errors=True)
        (FIXTURE / FOLDER).mkdir()
        segments.write(segments.named(FIXTURE / FOLDER, 1, 1), rows)
        shutil.copy(out / MANIFEST, FIXTURE / MANIFEST)
    print(f"{rows.num_rows} cells in {FIXTURE / FOLDER}")


if __name__ == "__main__":
    main()
