"""Trial of a suite's methods before work starts: parameters in range, other people's detectors on a tiny set.

It runs in a process of its own (``python -m bench.methods.trial``), so that plan imports no method's library, and a
detector that hangs or crashes is named instead of ending the plan. Our own methods without parameters are not tried.
"""

from __future__ import annotations

import functools
import json
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import numpy as np

from bench.errors import BenchError
from bench.json_values import hashable
from bench.methods import registry, signature
from bench.methods.fingerprint import source_hash
from bench.types import MethodSpec
from reproducibility.streams import generator

#: A detector by path whose parameters ask for more rows (neighbours, clusters) gets the larger set.
ROWS = (200, 2000)
FEATURES = 4
#: Share of pairs (anomaly, other row) that a detector ranks the right way; the anomalies lie far outside.
INVERTED = 0.3
SECONDS = 120.0

Choice = tuple[MethodSpec, Mapping[str, Any]]


def problems(choices: Sequence[Choice]) -> list[str]:
    """One sentence per trouble of the methods of a suite, in their order.

    Parameters
    ----------
    choices : sequence of (card, parameters that the suite gives)
        Those whose parameters do not exist are left to ``signature.problems``.
    """
    asked = [
        json.dumps({"spec": asdict(spec), "params": dict(params), "foreign": foreign})
        for spec, params in choices
        if ((foreign := spec.name not in registry.ours()) or params) and not signature.problems(spec, list(params))
    ]
    hashes = tuple(source_hash(spec) for spec, _ in choices)
    return list(_answers(tuple(dict.fromkeys(asked)), hashes)) if asked else []


@functools.lru_cache(maxsize=8)
def _answers(asked: tuple[str, ...], _hashes: tuple[str, ...]) -> tuple[str, ...]:
    """What a child says of each; ``_hashes`` of the methods' code let an edited one be tried again."""
    path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", "bench.methods.trial"]
    try:
        done = subprocess.run(
            command, input="\n".join(asked), capture_output=True, text=True, env=environment, check=False,
            timeout=SECONDS * len(asked),
        )  # fmt: skip
        said, ended = done.stdout, f"ended its process (code {done.returncode}){_last_line(done.stderr)}"
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        ended = f"did not end within {SECONDS:.0f} seconds"
    answers = [json.loads(line) for line in said.splitlines()]
    told = [sentence for answer in answers for sentence in answer]
    if len(answers) < len(asked):
        name = json.loads(asked[len(answers)])["spec"]["name"]
        told.append(f"{name} {ended} on a tiny set of {ROWS[0]} rows; run it by itself to see why")
    return tuple(told)


def main() -> None:
    """Answer each line of standard input, a choice, with a line of sentences; what methods print goes to stderr."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            asked = json.loads(line)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                params = {name: hashable(value) for name, value in asked["params"].items()}
                answer = _tried(_spec(asked["spec"]), params, asked["foreign"])
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _tried(spec: MethodSpec, params: Mapping[str, Any], foreign: bool) -> list[str]:
    try:
        detector = registry.made(spec, 0, **params)
    except BenchError as error:
        return [str(error)]
    except Exception as error:  # a stranger's import or constructor may raise anything
        return [f"{spec.name} cannot be made: {type(error).__name__}: {error}"]
    declared = {"contamination", *getattr(detector, "_parameter_constraints", {})}
    if not foreign and declared >= set(params):
        return []
    return _fitted(spec, params)


def _fitted(spec: MethodSpec, params: Mapping[str, Any]) -> list[str]:
    needed = ("fit_replicas", "decision_function_replicas") if spec.replicated else ("fit", "decision_function")
    detector = registry.made(spec, 0, **params)
    lacking = [name for name in needed if not callable(getattr(detector, name, None))]
    if lacking:
        return [_refusal(spec, f"it has no {lacking[0]}")]
    for rows in ROWS:
        X, y, truth = _tiny(rows)
        try:
            first, second = (_scores(spec, params, X, y, truth) for _ in range(2))
        except Exception as error:
            reason = str(error).strip().splitlines()
            told = f"{spec.name} cannot be fitted on {rows} rows: {type(error).__name__}: {reason[0] if reason else ''}"
            continue
        wrong = _wrong(first, second, truth)
        return [_refusal(spec, wrong)] if wrong else []
    return [told]


def _wrong(first: np.ndarray, second: np.ndarray, truth: np.ndarray) -> str:
    """What is wrong with the scores of two fits; "" = nothing."""
    if first.shape != truth.shape:
        return f"its decision_function returns shape {first.shape} for {len(truth)} rows"
    if not np.isfinite(first).all():
        return "its decision_function returns NaN or infinite values"
    if first.min() == first.max():
        return "its decision_function gives every row the same score"
    anomalies, others = first[truth == 1], first[truth == 0]
    gap = anomalies[:, None] - others[None, :]
    if float((gap > 0).mean() + 0.5 * (gap == 0).mean()) < INVERTED:
        return "its decision_function is lower for anomalies"
    if not np.array_equal(first, second):
        return "two fits with the same seed give different scores; it must take random_state and draw from it alone"
    return ""


def _scores(spec: MethodSpec, params: Mapping[str, Any], X: np.ndarray, y: np.ndarray, truth: np.ndarray) -> np.ndarray:
    _settle()
    detector = registry.made(spec, 0, **params)
    if spec.replicated:
        rows = np.arange(len(X))
        held = (rows, truth) if spec.uses_validation else (None, None)
        run = SimpleNamespace(X=X, train=rows, y_train=y, val=held[0], y_val=held[1])
        fitted = detector.fit_replicas([run], [0])
        return np.asarray(detector.decision_function_replicas(fitted, [X])[0], dtype=np.float64)
    extra = {"X_val": X.copy(), "y_val": truth} if spec.uses_validation else {}
    detector.fit(X.copy(), y.copy(), **extra)
    return np.asarray(detector.decision_function(X.copy()), dtype=np.float64)


def _tiny(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normal rows, one in twenty an anomaly far outside: X float32, y with half of them labelled, the truth."""
    stream = generator("trial", rows)
    X = stream.standard_normal((rows, FEATURES))
    count = rows // 20
    X[:count] = stream.uniform(6.0, 12.0, (count, FEATURES)) * stream.choice([-1.0, 1.0], (count, FEATURES))
    truth = (np.arange(rows) < count).astype(np.int8)
    y = (np.arange(rows) < count // 2).astype(np.int8)
    order = stream.permutation(rows)
    return X[order].astype(np.float32), y[order], truth[order]


def _settle() -> None:
    """As the harness does before a cell: detectors on process-wide streams start from the same state."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def _refusal(spec: MethodSpec, reason: str) -> str:
    return f"{spec.name} is no PyOD detector ({reason}); name one that is, or wrap it in a class that is"


def _spec(card: Mapping[str, Any]) -> MethodSpec:
    """A card back from JSON, which has no tuples."""
    values: dict[str, Any] = {key: hashable(value) for key, value in card.items()}
    values["params"] = tuple((name, hashable(value)) for name, value in card["params"])
    return MethodSpec(**values)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return f": {lines[-1]}" if lines else ""


if __name__ == "__main__":
    main()
