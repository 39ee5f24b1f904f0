"""What a leaderboard does not show, and why."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.words import count


@dataclass(frozen=True)
class LeftOut:
    """Cells of one source that are not shown."""

    path: str
    cells: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {count(self.cells, 'cell')} left out: {self.reason}"
