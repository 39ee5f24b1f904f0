"""All parameters of a network as one row per replica: (R, P), cut into named views.

One flat leaf makes optimiser steps, snapshots and dropping finished replicas single operations, and
its padding puts every parameter of every replica on a 64-byte line, whatever its neighbours are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from replicas.exact import LANES, padded

Initialiser = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
ALIGNMENT = 16  # float32 values in 64 bytes
#: Networks with more inputs train run by run: their products fill the processor alone, so that a group saves little,
#: and filling one up to eight replicas can cost eight times the work.
MOST_GROUPED_INPUTS = 256


@dataclass(frozen=True)
class Parameter:
    """One named parameter: its shape for one replica and how it starts."""

    name: str
    shape: tuple[int, ...]
    start: Initialiser


class Layout:
    """Where each parameter lies in a replica's flat row.

    Parameters
    ----------
    parameters : sequence of Parameter
        In the order in which they are initialised (the order of the random draws), the input layer's weight
        (..., in, out) first.

    Attributes
    ----------
    size : int
        P, the row's length, a multiple of 32.
    grouped : bool
        Whether runs with this layout train together; if not, one after the other. A run's bits follow from the way it
        trains, so this depends on the layout alone and never on how many runs there are.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = tuple(parameters)
        self._counts = [int(np.prod(p.shape)) for p in self.parameters]
        self._sizes: list[int] = []
        for count in self._counts:
            self._sizes += [count, padded(count, ALIGNMENT) - count]
        used = sum(self._sizes)
        self.size = padded(used, LANES)
        self._sizes.append(self.size - used)
        self.grouped = self.parameters[0].shape[-2] <= MOST_GROUPED_INPUTS

    def start(self, generators: Sequence[np.random.Generator]) -> torch.Tensor:
        """Draw every replica's parameters from its own generator: (n, P) float32."""
        rows = np.zeros((len(generators), self.size), dtype=np.float32)
        for row, generator in zip(rows, generators, strict=True):
            for parameter, (begin, end) in zip(self.parameters, self._spans(), strict=True):
                row[begin:end] = parameter.start(generator, parameter.shape).reshape(-1)
        return torch.from_numpy(rows)

    def views(self, flat: torch.Tensor) -> dict[str, torch.Tensor]:
        """Cut (R, P) into {name: (R, *shape)} without copying; the gradient comes back as one row."""
        pieces = torch.split(flat, self._sizes, dim=1)[: 2 * len(self.parameters) : 2]
        rows = flat.shape[0]
        return {
            parameter.name: piece.view(rows, *parameter.shape)
            for parameter, piece in zip(self.parameters, pieces, strict=True)
        }

    def pack(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Lay named arrays of shape (n, *shape) into flat rows (n, P)."""
        count = len(next(iter(values.values())))
        rows = np.zeros((count, self.size), dtype=np.float32)
        for parameter, (begin, end) in zip(self.parameters, self._spans(), strict=True):
            rows[:, begin:end] = np.asarray(values[parameter.name], dtype=np.float32).reshape(count, -1)
        return rows

    def unpack(self, flat: torch.Tensor) -> dict[str, np.ndarray]:
        """Copy (n, P) out into {name: (n, *shape)} arrays."""
        return {name: view.detach().cpu().numpy().copy() for name, view in self.views(flat).items()}

    def _spans(self) -> list[tuple[int, int]]:
        begins = np.cumsum([0, *self._sizes])[: 2 * len(self.parameters) : 2]
        return [(int(b), int(b) + c) for b, c in zip(begins, self._counts, strict=True)]


def uniform_fan_in(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """torch's default for a linear weight of shape (in, out): U(-1/sqrt(in), 1/sqrt(in))."""
    return bounded(1.0 / np.sqrt(shape[0]))(generator, shape)


def bounded(limit: float) -> Initialiser:
    """U(-limit, limit), e.g. a bias with torch's default of its layer's fan-in."""

    def start(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return generator.uniform(-limit, limit, shape).astype(np.float32)

    return start


def glorot_uniform(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Keras' default for a dense kernel of shape (in, out): U(-a, a), a = sqrt(6 / (in + out))."""
    return bounded(float(np.sqrt(6.0 / (shape[0] + shape[1]))))(generator, shape)


def zeros(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Keras' default for a bias; draws nothing."""
    return np.zeros(shape, dtype=np.float32)
