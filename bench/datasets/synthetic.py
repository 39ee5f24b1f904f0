"""Generated data with a known truth: so many Gaussian modes, and ADBench's four kinds of anomalies.

For tests that must know the number of modes or which rows are contaminated; marked as synthetic in
every table. ADBench fits a mixture to real data first; here the mixture itself is drawn.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from bench.datasets.arrays import make_dataset
from bench.types import Dataset, DatasetCard
from reproducibility.streams import generator

CITATION = "kinds of anomalies: Han, Hu, Huang, Jiang & Zhao (2022), ADBench, NeurIPS"


@dataclass(frozen=True)
class Recipe:
    """What to generate.

    Attributes
    ----------
    name : str
        Also names the random stream.
    rows, features, modes : int
        Normal rows, columns, Gaussian modes of equal weight.
    anomalies : tuple of (anomaly type, count)
        Kinds ``local``, ``global``, ``dependency``, ``cluster``.
    distance : float
        Standard deviation of the modes' centres; a mode's own is about 1.
    wider : float
        Local anomalies have this many times a mode's covariance (ADBench: 5).
    beyond : float
        Global anomalies fill the normals' box, enlarged by this share (ADBench: 0.1).
    away : float
        Cluster anomalies' centres are a mode's centre times this (ADBench: 5).
    """

    name: str
    rows: int
    features: int
    modes: int
    anomalies: tuple[tuple[str, int], ...]
    title: str = "Gaussian modes"
    distance: float = 2.0
    wider: float = 5.0
    beyond: float = 0.1
    away: float = 1.5


@dataclass(frozen=True, eq=False)
class Mixture:
    """Gaussian modes of equal weight: centres (k, d) and matrices (k, d, d) that colour white noise."""

    centres: np.ndarray
    colour: np.ndarray

    def sample(
        self, count: int, rng: np.random.Generator, scale: float = 1.0, away: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows (count, d) and the mode of each, with noise times ``scale`` and centres times ``away``."""
        mode = rng.permutation(np.arange(count) % len(self.centres))
        rows = scale * rng.standard_normal((count, self.centres.shape[1]))
        for k, (centre, colour) in enumerate(zip(self.centres, self.colour, strict=True)):
            rows[mode == k] = rows[mode == k] @ colour.T + away * centre
        return rows, mode


def draw_mixture(recipe: Recipe, rng: np.random.Generator) -> Mixture:
    """Random centres and, for every mode, random dependence between features of unit variance."""
    k, d = recipe.modes, recipe.features
    centres = recipe.distance * rng.standard_normal((k, d))
    # A third as many factors as features, or the dependence would be too weak to be seen.
    loadings = rng.standard_normal((k, d, max(1, d // 3)))
    covariance = loadings @ loadings.transpose(0, 2, 1) + 0.1 * np.eye(d)
    spread = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    colour = np.linalg.cholesky(covariance / (spread[:, :, None] * spread[:, None, :]))
    return Mixture(centres, colour)


def anomalies(
    anomaly_type: str, count: int, mixture: Mixture, normals: np.ndarray, recipe: Recipe, rng: np.random.Generator
) -> np.ndarray:
    """Anomalies (count, d) of one of ADBench's four types."""
    if anomaly_type == "local":
        return mixture.sample(count, rng, scale=float(np.sqrt(recipe.wider)))[0]
    if anomaly_type == "cluster":
        return mixture.sample(count, rng, away=recipe.away)[0]
    if anomaly_type == "global":
        low, high = normals.min(axis=0), normals.max(axis=0)
        margin = recipe.beyond * (high - low) / 2
        return rng.uniform(low - margin, high + margin, size=(count, normals.shape[1]))
    if anomaly_type == "dependency":
        # Each feature from another normal row: the same marginals, no dependence.
        rows = rng.integers(len(normals), size=(count, normals.shape[1]))
        return np.take_along_axis(normals, rows, axis=0)
    raise ValueError(f"anomaly type {anomaly_type!r}; use local, global, dependency or cluster")


def generate(recipe: Recipe) -> Dataset:
    """The dataset of a recipe; ``anomaly_type`` holds ``mode 0``, ``mode 1``, ... or the anomaly's type.

    Raises
    ------
    ValueError
        An anomaly type that does not exist.
    """
    rng = generator("synthetic", recipe.name, recipe.rows, recipe.features, recipe.modes)
    mixture = draw_mixture(recipe, rng)
    normals, mode = mixture.sample(recipe.rows, rng)
    made = [anomalies(name, count, mixture, normals, recipe, rng) for name, count in recipe.anomalies]
    X = np.concatenate([normals, *made])
    anomaly_type = np.concatenate(
        [np.char.add("mode ", mode.astype(str)), *(np.full(count, name) for name, count in recipe.anomalies)]
    )
    y = np.repeat([0, 1], [len(normals), len(X) - len(normals)])
    return make_dataset(X, y, anomaly_type, card_of(recipe), single_precision=True)


def card_of(recipe: Recipe) -> DatasetCard:
    """The card of a recipe."""
    count = sum(n for _, n in recipe.anomalies)
    return DatasetCard(
        name=recipe.name,
        title=recipe.title,
        source="synthetic",
        family=recipe.name,
        licence="generated here; public domain",
        citation=CITATION,
        url="https://github.com/Minqi824/ADBench",
        rows=recipe.rows + count,
        features=recipe.features,
        anomalies=count,
        modes=recipe.modes,
        types=tuple(name for name, _ in recipe.anomalies),
        synthetic=True,
    )


@cache
def recipes() -> dict[str, Recipe]:
    """The registered recipes by name."""
    text = resources.files("bench.datasets").joinpath("synthetic.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["definitions"]
    return {row["name"]: Recipe(**row | {"anomalies": tuple(row["anomalies"].items())}) for row in rows}


@cache
def cards() -> dict[str, DatasetCard]:
    """Cards of the registered recipes by name."""
    return {name: card_of(recipe) for name, recipe in recipes().items()}


def why_absent(_card: DatasetCard, _folder: Path | None) -> None:
    """Never: nothing is read."""


def load(card: DatasetCard, _folder: Path | None) -> Dataset:
    """Generate a registered set."""
    return generate(recipes()[card.name])
