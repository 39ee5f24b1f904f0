"""What a method itself says of a row, where it has such methods: closest normal prototype, reconstruction by column.

Both are optional parts of a detector's contract: ``closest_prototype(X)``, the number (n,) of each row's normal mode in
``prototypes_``, which are rows in the units of X unless the detector has ``embed(X)``, whose points they are then; and
``reconstruct(X)``, (n, d) in the units of X.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.usertable.model import Model

#: Residuals are compared with the one that this share of the usual rows stay below, and with this share of the spread:
#: where nearly every usual row is reconstructed to rounding, rounding is nothing unusual.
USUAL_SHARE, LEAST_SPREAD = 0.95, 0.01
#: At most so many columns are named that the reconstruction misses by more than that.
MOST_RESIDUALS = 3


@dataclass(frozen=True)
class Residual:
    """What a method's reconstruction leaves of a row in one column of the table.

    Attributes
    ----------
    column : int
        Of the schema.
    size : float
        |value - reconstruction| in the column's units; of a category the share of it that is another one's, 0 to 1.
    usual : float
        The size that 95% of the usual rows stay below, at least a hundredth of the column's standard deviation.
    times : float
        size / usual.
    """

    column: int
    size: float
    usual: float
    times: float


def closest_prototype(model: Model, row: np.ndarray) -> np.ndarray | None:
    """The normal prototype (d,) closest to a row, in the units of the table; None where the method has none.

    Where prototypes are points of an embedding, the mean of the usual rows that have the same one.
    """
    detector = model.detector
    if not hasattr(detector, "closest_prototype"):
        return None
    if hasattr(detector, "prototypes_") and not hasattr(detector, "embed"):
        return np.asarray(detector.prototypes_[int(detector.closest_prototype(row[None])[0])], dtype=np.float64)
    alike = mode_rows(model, row)
    return np.asarray(alike.mean(axis=0)) if len(alike) else None


def mode_rows(model: Model, row: np.ndarray) -> np.ndarray:
    """The usual rows (k, d) that have the row's own closest prototype; all of them where the method has none."""
    if not hasattr(model.detector, "closest_prototype"):
        return model.usual_rows
    modes = np.asarray(model.detector.closest_prototype(np.vstack([row[None], model.usual_rows])))
    alike: np.ndarray = model.usual_rows[modes[1:] == modes[0]]
    return alike


def reconstruction(model: Model, row: np.ndarray) -> np.ndarray | None:
    """What the method makes of a row (d,), in the units of the table; None where it reconstructs nothing."""
    if not hasattr(model.detector, "reconstruct"):
        return None
    return np.asarray(model.detector.reconstruct(row[None])[0], dtype=np.float64)


def residuals(model: Model, row: np.ndarray) -> tuple[Residual, ...]:
    """What the reconstruction leaves of a row column by column, the most unusual first; () where there is none."""
    if not hasattr(model.detector, "reconstruct"):
        return ()
    rows = np.vstack([row[None], model.usual_rows])
    left = np.abs(rows - np.asarray(model.detector.reconstruct(rows), dtype=np.float64))
    sizes = []
    for number, (column, span) in enumerate(zip(model.schema.columns, model.schema.slices, strict=True)):
        size = left[:, span].sum(axis=1) / (2.0 if column.content == "category" else 1.0)
        spread = float(model.usual_rows[:, span].std(axis=0).max()) or 1.0
        usual = max(float(np.quantile(size[1:], USUAL_SHARE)), LEAST_SPREAD * spread)
        sizes.append(Residual(number, float(size[0]), usual, float(size[0]) / usual))
    return tuple(sorted(sizes, key=lambda residual: -residual.times))


def reconstruction_sentence(model: Model, row: np.ndarray) -> str:
    """The columns that the method's reconstruction misses by more than in 95% of usual rows; "" if it has none."""
    rebuilt = reconstruction(model, row)
    if rebuilt is None:
        return ""
    told = []
    for residual in residuals(model, row)[:MOST_RESIDUALS]:
        column, span = model.schema.columns[residual.column], model.schema.slices[residual.column]
        if residual.times > 1:
            values = f"{column.shown(row[span])}, reconstructed as {column.shown(rebuilt[span])}"
            told.append(f"{column.name} by {residual.size:.4g} ({values}; usually below {residual.usual:.4g})")
    return f"the reconstruction of {model.method} misses {', '.join(told) if told else 'no column more than usual'}"
