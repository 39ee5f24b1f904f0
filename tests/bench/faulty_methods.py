"""Methods that go wrong, and two that do not, named by dotted path in tests of the runner."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np


class Good:
    """Distance to the mean of the unlabelled rows."""

    def __init__(self, seed: int = 0, wait: float = 0.0) -> None:
        self.seed, self.wait = seed, wait

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        time.sleep(self.wait)
        self.centre = X[y == 0].mean(axis=0)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        noise = np.random.default_rng(self.seed).normal(size=len(X))
        return np.asarray(np.linalg.norm(X - self.centre, axis=1) + 0.01 * noise)


class SharedStream(Good):
    """Draws from numpy's global stream, as some published detectors do."""

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return super().decision_function(X) + np.random.normal(size=len(X))


class Raises(Good):
    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        raise ArithmeticError("the matrix is not what it was")


class ReturnsNaN(Good):
    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), np.nan)


class WrongShape(Good):
    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return super().decision_function(X)[:-1]


class Constant(Good):
    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return np.ones(len(X))


class Unseeded(Good):
    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return super().decision_function(X) + np.random.default_rng().normal(size=len(X))


class Dies(Good):
    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        os.kill(os.getpid(), signal.SIGKILL)
        return self


class Stands(Good):
    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        time.sleep(600)
        return self


class Hangs(Good):
    """Stays inside one C call: a Python signal handler would never run."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        if self.seed == 1:
            pow(3, 10**9)
        return super().fit(X, y)


class Greedy(Good):
    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        hoard = []
        while self.seed == 1:
            hoard.append(np.ones(4_000_000))
            time.sleep(0.01)
        return super().fit(X, y)


class AsksTooMuch(Good):
    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        np.empty(2**55)
        return self


class KillsItself(Good):
    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        if self.seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


class CrashesOnce(Good):
    """Ends its process the first time only, as a passing trouble would."""

    def __init__(self, seed: int = 0, mark: str = "") -> None:
        super().__init__(seed)
        self.mark = mark

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        mark = Path(self.mark)
        if not mark.exists():
            mark.touch()
            os._exit(3)
        return super().fit(X, y)


class KillsItsWorker(Good):
    """Ends the process above the child, as the system does when memory runs out."""

    def __init__(self, seed: int = 0, mark: str = "", times: int = 1) -> None:
        super().__init__(seed)
        self.mark, self.times = mark, times

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        mark = Path(self.mark)
        before = len(mark.read_text()) if mark.exists() else 0
        if before < self.times:
            mark.write_text("x" * (before + 1))
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        return super().fit(X, y)


class Tells(Good):
    """Writes its process ids, then works for a long time."""

    def __init__(self, seed: int = 0, folder: str = "") -> None:
        super().__init__(seed)
        self.folder = folder

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        (Path(self.folder) / f"{os.getpid()}").write_text(str(os.getppid()))
        pow(3, 10**9)
        return self


class StrangeEnd(Good):
    """Works well; what it does when it is let go of, after its record was told, is its ``end``."""

    def __init__(self, seed: int = 0, end: str = "") -> None:
        super().__init__(seed)
        self.end = end

    def __del__(self) -> None:
        if self.end == "delays":
            time.sleep(60)
        if self.end == "grows":
            hoard = [np.ones(4_000_000) for _ in range(40)]
            time.sleep(60)
            del hoard
        if self.end == "dies":
            os._exit(3)


class SlowStart(Good):
    """Takes longer to make than a cell may take."""

    def __init__(self, seed: int = 0, wait: float = 0.0, start: float = 1.5) -> None:
        super().__init__(seed, wait)
        self.start = start
        time.sleep(start)


class ClosesItsConnection(Good):
    """Closes what it did not open, as programs do that go into the background, and goes on."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        if self.seed == 1:
            os.closerange(3, 256)
            time.sleep(60)
        return super().fit(X, y)


class SaysWhatCannotBeStored(Good):
    """Its message holds a byte of a file's name that is no UTF-8."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Good:
        raise ArithmeticError("no weights in " + os.fsdecode(b"weights-\xff.bin"))


class Group:
    """A replicated method; ``bad`` names a seed and what is wrong with it."""

    def __init__(self, seed: int = 0, bad: str = "") -> None:
        self.seed, self.bad = seed, bad

    def fit_replicas(self, splits: Any, seeds: Any) -> list[Good]:
        for seed in seeds:
            if seed == 2 and self.bad == "raise":
                raise ArithmeticError(f"seed {seed} does not converge")
            if seed == 2 and self.bad == "hang":
                pow(3, 10**9)
            if seed == 2 and self.bad == "kill":
                os.kill(os.getpid(), signal.SIGSEGV)
        return [Good(seed).fit(split.X[split.train], split.y_train) for split, seed in zip(splits, seeds, strict=True)]

    def decision_function_replicas(self, detectors: Any, Xs: Any) -> list[np.ndarray]:
        scores = [detector.decision_function(X) for detector, X in zip(detectors, Xs, strict=True)]
        if self.bad == "nan":
            scores = [np.where(d.seed == 2, np.nan, s) for d, s in zip(detectors, scores, strict=True)]
        return scores


class Peeks(Group):
    """Keeps what it is shown, to be looked at by a test."""

    shown: list[Any] = []  # noqa: RUF012

    def fit_replicas(self, splits: Any, seeds: Any) -> list[Good]:
        type(self).shown = list(splits)
        return super().fit_replicas(splits, seeds)


_CARD = {
    "title": "Group",
    "family": "weak",
    "year": 2026,
    "citation": "none",
    "deviations": "none",
    "replicated": True,
    "max_group": 8,
}
#: What an entry point gives; see the fixture ``registered``.
CARDS = {
    "group": {**_CARD, "factory": "faulty_methods:Group"},
    "peeks": {**_CARD, "factory": "faulty_methods:Peeks"},
}
