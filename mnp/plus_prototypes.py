"""MNP+'s picture of the normal rows, learnt without labels: prototypes of their modes, and a linear autoencoder."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from mnp.plus_settings import Settings
from replicas.training import Context
from reproducibility.streams import generator

#: Unlabelled rows that centres and components are fitted on; of many inputs so many values.
MOST_ROWS, MOST_VALUES = 10_000, 2**24
#: Components at the most: of thousands of inputs the first ones cost seconds, further ones minutes.
MOST_COMPONENTS = 128
#: With more rows and inputs than this, components are found by iteration.
EXACT_WIDTH = 1024
#: Distances are told from 0 down to this share of the inputs' spread: rounding below it means nothing.
FLOOR = 1e-4


@dataclass(frozen=True, eq=False)
class Normality:
    """What ``fit_normality`` found.

    Attributes
    ----------
    centres : (K, D) float32 in the inputs v
    members : (m,) int, the mode of each fitted row
    mean : (1, D) float32; components : (D, C) float32, orthonormal columns
    floor : float, below which distances are rounding
    rows : (m,) the fitted rows of v
    """

    centres: np.ndarray
    members: np.ndarray
    mean: np.ndarray
    components: np.ndarray
    floor: float
    rows: np.ndarray

    def context(self) -> Context:
        """Tensors that ``distances`` needs."""
        return {
            name: torch.from_numpy(np.ascontiguousarray(getattr(self, name), dtype=np.float32))
            for name in ("centres", "mean", "components")
        }


def fit_normality(v: np.ndarray, unlabelled: np.ndarray, seed: int, settings: Settings) -> Normality:
    """Fit centres by k-means and components by principal components on unlabelled rows, at most 10,000.

    Parameters
    ----------
    v : (n, D) float32
    unlabelled : rows of v
    seed : int
    settings : Settings

    Returns
    -------
    Normality
    """
    rows = unlabelled
    most = min(MOST_ROWS, MOST_VALUES // v.shape[1])
    if len(rows) > most:
        rows = np.sort(generator("mnp-plus", "normal rows", seed).permutation(rows)[:most])
    x = v[rows]
    centres, members = _modes(x, settings.n_prototypes, int(generator("mnp-plus", "modes", seed).integers(2**31)))
    mean, components, spread = _linear_autoencoder(x, settings.n_components, generator("mnp-plus", "components", seed))
    return Normality(centres, members, mean, components, FLOOR * spread, rows)


def distances(v: torch.Tensor, context: Context) -> torch.Tensor:
    """Of rows v (R, B, D): (R, B, 3) with the distance to the nearest centre, that centre, and the residual's norm."""
    squares = torch.stack(
        [(v - centre).square_().sum(dim=2) for centre in context["centres"].unsqueeze(2).unbind(dim=1)], dim=2
    )
    nearest, which = squares.min(dim=2)
    x = v - context["mean"]
    code = torch.bmm(x, context["components"])
    residual = torch.baddbmm(x, code, context["components"].transpose(1, 2), alpha=-1.0)
    return torch.stack([nearest.sqrt(), which.to(v.dtype), residual.square().sum(dim=2).sqrt()], dim=2)


def _modes(x: np.ndarray, wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than centres: some coincide
        fitted = KMeans(min(wanted, len(x)), random_state=seed, n_init=1).fit(x)
    modes, members = np.unique(fitted.labels_, return_inverse=True)
    return fitted.cluster_centers_[modes], members


def _linear_autoencoder(
    x: np.ndarray, wanted: int | float, draws: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean (1, D), first principal components (D, C), and the root of the total variance."""
    rows = torch.from_numpy(x).double()
    mean = rows.mean(dim=0, keepdim=True)
    rows -= mean
    width = x.shape[1]
    count = int(wanted) if wanted >= 1 else max(1, round(wanted * width))
    count = max(1, min(count, width - 1, MOST_COMPONENTS))
    spread = float(rows.square().sum().div(len(rows)).sqrt())
    basis = _components(rows, min(count, len(rows)), draws)
    return mean.float().numpy(), basis.float().numpy(), spread


def _components(rows: torch.Tensor, count: int, draws: np.random.Generator) -> torch.Tensor:
    """First principal components (D, count) of centred rows, from the smaller product where one is small enough."""
    height, width = rows.shape
    if width <= EXACT_WIDTH:
        return torch.linalg.eigh(rows.T @ rows)[1][:, -count:]
    if height <= EXACT_WIDTH:
        return torch.linalg.qr(rows.T @ torch.linalg.eigh(rows @ rows.T)[1][:, -count:])[0]
    # subspace iteration from a random start (Halko, Martinsson, Tropp 2011)
    basis = torch.from_numpy(draws.standard_normal((width, count)))
    for _ in range(4):
        basis = torch.linalg.qr(rows.T @ (rows @ basis))[0]
    return basis
