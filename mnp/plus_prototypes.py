"""MNP+'s picture of the normal rows, learnt without labels: modes with a prototype and a linear autoencoder each.

Beside the modes: exemplars (``plus_exemplars``), and the principal directions that rotated trees are grown along.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from mnp.plus_exemplars import draw_exemplars, nearness
from mnp.plus_settings import Settings
from replicas.training import Context
from reproducibility.streams import generator

#: Unlabelled rows that centres and components are fitted on; of many inputs so many values.
MOST_ROWS, MOST_VALUES = 10_000, 2**24
#: Components at the most: of thousands of inputs the first ones cost seconds, further ones minutes.
MOST_COMPONENTS = 128
#: Principal directions that trees are grown along; those whose spread is less than this share of the greatest are
#: rounding.
MOST_AXES, LEAST_SPREAD = 64, 1e-3
#: Values of all modes' components at the most, and rows of a mode per component at the least.
MOST_OF_MODES, ROWS_PER_COMPONENT = 2**20, 4
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
    subspaces : (K, D, c) float32, orthonormal columns for each mode, zeros where it has fewer than c
    mean : (1, D) float32 of all rows
    axes : (D, A) float32, the first principal directions of all rows that are no rounding, at most 64
    exemplars : (groups, m, D) float32
    floor : float, below which distances are rounding
    rows : (m,) the fitted rows of v
    """

    centres: np.ndarray
    members: np.ndarray
    subspaces: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    exemplars: np.ndarray
    floor: float
    rows: np.ndarray

    def context(self) -> Context:
        """Tensors that ``distances`` needs."""
        return {
            name: torch.from_numpy(np.ascontiguousarray(getattr(self, name), dtype=np.float32))
            for name in ("centres", "subspaces", "mean", "axes", "exemplars")
        }

    def turned(self, v: np.ndarray) -> np.ndarray:
        """Rows v (n, D) along the principal directions: (n, A) float32."""
        turned: np.ndarray = (v - self.mean) @ self.axes
        return turned


def fit_normality(v: np.ndarray, unlabelled: np.ndarray, seed: int, settings: Settings) -> Normality:
    """Fit modes by k-means and principal components to at most 10,000 unlabelled rows, and draw exemplars of them.

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
    wide = torch.from_numpy(x).double()
    mean = wide.mean(dim=0, keepdim=True)
    wide -= mean
    spread = float(wide.square().sum().div(len(wide)).sqrt())
    draws = generator("mnp-plus", "components", seed)
    axes = _telling(wide, _components(wide, min(MOST_AXES, *x.shape), draws))
    subspaces = _subspaces(x, centres, members, settings, draws)
    return Normality(
        centres, members, subspaces, mean.float().numpy(), axes.float().numpy(),
        draw_exemplars(v, rows, settings.n_exemplars, seed), FLOOR * spread, rows,
    )  # fmt: skip


def distances(v: torch.Tensor, context: Context) -> torch.Tensor:
    """What rows v (R, B, D) are away from, and where they lie along the principal directions: (R, B, 4 + A).

    The distance to the nearest centre, the number of that centre, ``nearness`` to the exemplars, and the least norm of
    a residual of the modes' own autoencoders; then the A values.
    """
    squares, residuals = [], []
    for centre, subspace in zip(
        context["centres"].unsqueeze(2).unbind(dim=1), context["subspaces"].unbind(dim=1), strict=True
    ):
        x = v - centre
        squares.append(x.square().sum(dim=2))
        residuals.append(_residual(x, subspace))
    nearest, which = torch.stack(squares, dim=2).min(dim=2)
    own = torch.stack(residuals, dim=2).amin(dim=2)
    away = [nearest.sqrt(), which.to(v.dtype), nearness(v, context), own.sqrt()]
    return torch.cat([torch.stack(away, dim=2), torch.bmm(v - context["mean"], context["axes"])], dim=2)


def reconstruction(v: torch.Tensor, context: Context) -> torch.Tensor:
    """Rows v (R, B, D) as the best fitting mode's autoencoder gives them back: the one with the least residual."""
    best, least = torch.empty_like(v), v.new_full(v.shape[:2], torch.inf)
    for centre, subspace in zip(
        context["centres"].unsqueeze(2).unbind(dim=1), context["subspaces"].unbind(dim=1), strict=True
    ):
        x = v - centre
        residual = _residual(x, subspace)
        better = residual < least
        rebuilt = centre + torch.bmm(torch.bmm(x, subspace), subspace.transpose(1, 2))
        best, least = torch.where(better[..., None], rebuilt, best), torch.where(better, residual, least)
    return best


def _residual(x: torch.Tensor, components: torch.Tensor) -> torch.Tensor:
    """Squared norm of what components (R, D, C) leave of centred rows x (R, B, D): (R, B)."""
    codes = torch.bmm(x, components)
    return torch.baddbmm(x, codes, components.transpose(1, 2), alpha=-1.0).square_().sum(dim=2)


def _modes(x: np.ndarray, wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than centres: some coincide
        fitted = KMeans(min(wanted, len(x)), random_state=seed, n_init=1).fit(x)
    modes, members = np.unique(fitted.labels_, return_inverse=True)
    return fitted.cluster_centers_[modes], members


def _telling(rows: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
    """Those directions (D, A) along which centred rows (n, D) spread; at least one."""
    spread = (rows @ directions).square().mean(dim=0).sqrt()
    kept = spread > LEAST_SPREAD * spread.max()
    return directions[:, kept if bool(kept.any()) else slice(-1, None)]


def _width(settings: Settings, inputs: int) -> int:
    """Components of an autoencoder of so many inputs: fewer than these, or nothing would be left over."""
    wanted = settings.n_components
    count = int(wanted) if wanted >= 1 else round(wanted * inputs)
    return max(1, min(count, inputs - 1, MOST_COMPONENTS))


def _subspaces(
    x: np.ndarray, centres: np.ndarray, members: np.ndarray, settings: Settings, draws: np.random.Generator
) -> np.ndarray:
    """Each mode's own components, (K, D, c); few where the mode has few rows."""
    modes, inputs = centres.shape
    most = max(1, min(_width(settings, inputs), MOST_OF_MODES // (modes * inputs)))
    found = np.zeros((modes, inputs, most), dtype=np.float32)
    for mode in range(modes):
        rows = torch.from_numpy(x[members == mode]).double()
        count = min(most, max(1, len(rows) // ROWS_PER_COMPONENT), len(rows) - 1)
        if count:
            rows -= rows.mean(dim=0, keepdim=True)
            found[mode, :, :count] = _components(rows, count, draws).float().numpy()
    return found


def _components(rows: torch.Tensor, count: int, draws: np.random.Generator) -> torch.Tensor:
    """First principal components (D, count) of centred rows, from the smaller product where one is small enough."""
    height, width = rows.shape
    components: torch.Tensor
    if width <= EXACT_WIDTH:
        components = torch.linalg.eigh(rows.T @ rows)[1][:, -count:]
        return components
    if height <= EXACT_WIDTH:
        components = torch.linalg.qr(rows.T @ torch.linalg.eigh(rows @ rows.T)[1][:, -count:])[0]
        return components
    # subspace iteration from a random start (Halko, Martinsson, Tropp 2011)
    basis = torch.from_numpy(draws.standard_normal((width, count)))
    for _ in range(4):
        basis = torch.linalg.qr(rows.T @ (rows @ basis))[0]
    return basis
