"""Plans, stores and the status of large and running benchmarks."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.app.output import status_summary
from bench.errors import StoreError
from bench.store import Store
from tests.bench.records import record

PLANNING = """
import re, time
from bench.suite.load import parse_suite
from bench.planning.plan import make_plan
text = '''
name = "large"
datasets = ["breast-cancer", "digits-0147", "digits-low", "iris", "wine"]
methods = ["mnp", "devnet", "deep-sad", "prenet", "repen", "logistic-regression", "random-forest", "iforest", "ecod", "knn"]
seeds = [%s]
[scenario]
label_budget = [1, 2, 3, 5]
'''
begin = time.process_time()
plan = make_plan(parse_suite(text % ",".join(map(str, range(500))), "large"))
seconds = time.process_time() - begin
# not getrusage, whose peak includes that of the process that started this one
peak = int(re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(len(plan.cells), len(plan.problems), seconds, peak)
"""


def test_a_hundred_thousand_cells_are_planned_in_ten_seconds_of_processor_time_and_a_gigabyte() -> None:
    done = subprocess.run([sys.executable, "-c", PLANNING], capture_output=True, text=True, check=True)
    cells, problems, seconds, megabytes = map(float, done.stdout.split())
    print(f"100,000 cells: {seconds:.1f} s, {megabytes:.0f} MB")
    assert cells == 100_000 and problems == 0
    assert seconds < 10 and megabytes < 1000


def test_appending_costs_the_same_however_much_is_stored(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        batches = [[record(50 * batch + n) for n in range(50)] for batch in range(120)]
        seconds = []
        for batch in batches:
            begin = time.process_time()  # waiting for the disk is not ours
            store.append(batch)
            seconds.append(time.process_time() - begin)
    first, last = sorted(seconds[5:45])[20], sorted(seconds[-40:])[20]
    assert last < 3 * first, (first, last)


def test_status_of_a_running_benchmark_from_outside(tmp_path: Path) -> None:
    words = [sys.executable, str(Path(__file__).parents[1] / "run_toys.py"), str(tmp_path), "1", "--slower", "12"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = []
    try:
        while process.poll() is None:
            try:
                seen.append(status_summary(str(tmp_path)))
            except StoreError:
                assert len(seen) == 0  # before the first row
            time.sleep(0.1)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            child.kill()
        process.kill()
    middle = [text for text in seen if "last run: running" in text]
    assert any("  running: " in text and "of 16 cells done" in text for text in middle), seen[-1:]
    assert any("left" in text for text in middle), middle[-1:]
    assert "last run: finished, 16 of 16 cells done, 2 failed" in status_summary(str(tmp_path))


@pytest.mark.parametrize("command", [["--help"], ["list", "suites"]])
def test_light_commands_import_no_torch_and_no_mlflow(command: list[str]) -> None:
    script = (
        "import sys\nfrom bench.app.cli import app\n"
        f"try:\n    app({command!r})\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'mlflow', 'sklearn', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"
