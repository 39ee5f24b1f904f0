"""The facts that flow through the harness, as frozen dataclasses: data, scenarios, splits, methods, cells.

Everything here is plain data: no file access, no torch, no randomness. Import from here; the files are the room's own.
"""

from bench.types.data import Dataset, DatasetCard
from bench.types.method import MethodSpec
from bench.types.scenario import Protocol, Scenario, Split
from bench.types.work import Cell, Record, Status, Task

__all__ = [
    "Cell",
    "Dataset",
    "DatasetCard",
    "MethodSpec",
    "Protocol",
    "Record",
    "Scenario",
    "Split",
    "Status",
    "Task",
]
