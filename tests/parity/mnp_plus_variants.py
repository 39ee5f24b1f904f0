"""Changes to MNP+ that were tried: each a function from a fitted cell to scores of its test rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Variant = Callable[[Any], np.ndarray]
VARIANTS: dict[str, Variant] = {}


def variant(name: str) -> Callable[[Variant], Variant]:
    def keep(function: Variant) -> Variant:
        VARIANTS[name] = function
        return function

    return keep


def odds(p: np.ndarray, low: float = 0.005, high: float = 0.005) -> np.ndarray:
    return np.log((p + low) / (1.0 - p + high))


def distant(values: np.ndarray, usual: np.ndarray, floor: float = 0.0) -> np.ndarray:
    unit = float(np.median(usual)) + floor
    return np.zeros(len(values)) if unit == 0.0 else np.clip(np.log((values + floor + 0.001 * unit) / unit), -3, 3)


def normality(cell: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The three logarithms of distances of the training and of the test rows."""
    return tuple(
        {name: distant(getattr(part, name), getattr(cell.train, name)[cell.usual], cell.floor)
         for name in ("distance", "own", "shared")}
        for part in (cell.train, cell.test)
    )  # fmt: skip


def quantile_of_labelled(values: np.ndarray, cell: Any, prior: float = 0.8, weight: float = 4.0) -> float:
    ordered = np.sort(values[cell.usual])
    asked = values[cell.labelled]
    quantiles = (np.searchsorted(ordered, asked, "left") + np.searchsorted(ordered, asked, "right")) / (
        2 * len(ordered)
    )
    return float((quantiles.sum() + weight * prior) / (len(asked) + weight))


def trust(values: np.ndarray, cell: Any, power: float = 4.0, prior: float = 0.8) -> float:
    return float((max(0.0, quantile_of_labelled(values, cell, prior) - 0.5) / (prior - 0.5)) ** power)


def unsupervised(cell: Any) -> np.ndarray:
    before, after = normality(cell)
    train, test = (0.75 * (z["distance"] + (z["own"] + z["shared"]) / 2) for z in (before, after))
    return trust(train, cell) * test


@variant("default")
def default(cell: Any) -> np.ndarray:
    return odds(cell.test.probability) + 0.75 * cell.test.score + unsupervised(cell)


def combined(
    cell: Any,
    trees: np.ndarray | None = None,
    network: np.ndarray | None = None,
    rest: np.ndarray | None = None,
    tree_weight: float = 1.0,
    network_weight: float = 0.75,
) -> np.ndarray:
    """The sum with some of its terms replaced."""
    trees = odds(cell.test.probability) if trees is None else trees
    network = cell.test.score if network is None else network
    return tree_weight * trees + network_weight * network + (unsupervised(cell) if rest is None else rest)


@variant("no network")
def no_network(cell: Any) -> np.ndarray:
    return combined(cell, network_weight=0.0)


@variant("no trees")
def no_trees(cell: Any) -> np.ndarray:
    return combined(cell, tree_weight=0.0)


for low, high in ((0.02, 0.02), (0.05, 0.05), (0.02, 0.005), (0.05, 0.005), (0.001, 0.001), (0.005, 0.05)):
    VARIANTS[f"floor {low} {high}"] = lambda cell, low=low, high=high: combined(
        cell, odds(cell.test.probability, low, high)
    )


# --- trust of each term by itself
def trusted_terms(
    cell: Any, names: tuple[str, ...], weights: dict[str, float], banks: Any, power: float, separate: bool
) -> np.ndarray:
    before, after = banks
    if separate:
        return sum(weights[n] * trust(before[n], cell, power) * after[n] for n in names)
    train = sum(weights[n] * before[n] for n in names)
    return trust(train, cell, power) * sum(weights[n] * after[n] for n in names)


THREE = {"distance": 0.75, "own": 0.375, "shared": 0.375}
for power in (2.0, 3.0, 4.0):
    VARIANTS[f"own trust of each term, power {power:.0f}"] = lambda cell, power=power: combined(
        cell, rest=trusted_terms(cell, tuple(THREE), THREE, normality(cell), power, True)
    )


# --- further terms without labels
def neighbours(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.neighbors import NearestNeighbors

    v, w = cell.inputs
    model = NearestNeighbors(n_neighbors=6).fit(v[cell.usual])
    test = model.kneighbors(w, n_neighbors=5)[0][:, -1]
    train = np.empty(len(v))
    train[cell.usual] = model.kneighbors(v[cell.usual], n_neighbors=6)[0][:, -1]
    train[cell.labelled] = model.kneighbors(v[cell.labelled], n_neighbors=5)[0][:, -1]
    return train, test


def whitened(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mahalanobis distance with the covariance drawn to its mean eigenvalue by a tenth."""
    v, w = (x.astype(np.float64) for x in cell.inputs)
    u = v[cell.usual]
    mean, covariance = u.mean(0), np.cov(u.T)
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    scale = vectors / np.sqrt(values + 0.1 * values.mean() + 1e-12)
    return tuple(np.linalg.norm((x - mean) @ scale, axis=1) for x in (v, w))


def fourier(cell: Any, features: int = 256, width: float = 0.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random Fourier features of v; the bandwidth is a share of the median distance of two rows."""
    draws = np.random.default_rng([cell.seed, seed, 7])
    v, w = cell.inputs
    pairs = draws.integers(len(v), size=(2, 2000))
    middle = float(np.median(np.linalg.norm(v[pairs[0]] - v[pairs[1]], axis=1))) or 1.0
    W = draws.standard_normal((v.shape[1], features)) / (width * middle)
    b = draws.uniform(0, 2 * np.pi, features)
    return tuple(np.sqrt(2.0 / features) * np.cos(x @ W + b) for x in (v, w))


def kernel_components(cell: Any, width: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Norm of what the first components of the Fourier features leave over: kernel PCA's novelty (Hoffmann 2007)."""
    a, b = fourier(cell, width=width)
    mean = a[cell.usual].mean(0)
    centred = a[cell.usual] - mean
    values, vectors = np.linalg.eigh(centred.T @ centred)
    kept = np.cumsum(values[::-1]) <= share * values.sum()
    kept[0] = True
    basis = vectors[:, ::-1][:, kept]
    return tuple(np.linalg.norm((x - mean) - (x - mean) @ basis @ basis.T, axis=1) for x in (a, b))


def forest(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(100, random_state=cell.seed).fit(cell.X_train[cell.usual])
    return tuple(-np.log2(-model.score_samples(x)) * -1 + 0.0 for x in (cell.X_train, cell.X_test))


BANK = {
    "neighbours": neighbours, "whitened": whitened,
    "kernel": lambda cell: kernel_components(cell, 0.5, 0.9),
    "wide kernel": lambda cell: kernel_components(cell, 1.0, 0.95),
    "narrow kernel": lambda cell: kernel_components(cell, 0.25, 0.8),
}  # fmt: skip


def banked(cell: Any, more: tuple[str, ...]) -> Any:
    before, after = normality(cell)
    for name in more:
        train, test = BANK[name](cell)
        before[name] = distant(train, train[cell.usual])
        after[name] = distant(test, train[cell.usual])
    return before, after


def bank_variant(more: tuple[str, ...], weights: dict[str, float], separate: bool, power: float = 4.0) -> Variant:
    return lambda cell: combined(
        cell, rest=trusted_terms(cell, tuple(weights), weights, banked(cell, more), power, separate)
    )


for name in BANK:
    VARIANTS[f"{name} in place of prototypes"] = bank_variant(
        (name,), {name: 0.75, "own": 0.375, "shared": 0.375}, False
    )
    VARIANTS[f"{name} beside, a quarter each"] = bank_variant((name,), dict.fromkeys((*THREE, name), 0.375), False)
    VARIANTS[f"{name} beside, own trusts"] = bank_variant((name,), dict.fromkeys((*THREE, name), 0.375), True)


# --- closed-form discriminants
def ridge(cell: Any, spaces: tuple[np.ndarray, np.ndarray], penalty: float) -> np.ndarray:
    """Least squares to 0 and 4, both classes with the same weight: (n_test,)."""
    a, b = spaces
    mean = a[cell.unlabelled].mean(0)
    U, A = (a[rows] - mean for rows in (cell.unlabelled, cell.labelled))
    gram = U.T @ U / len(U)
    gram = gram + A.T @ A / len(A) + penalty * np.trace(gram) * np.eye(len(gram))
    return (b - mean) @ np.linalg.solve(gram, 4.0 * A.mean(0))


def linear(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    return tuple(x.astype(np.float64) for x in cell.inputs)


def both(cell: Any, width: float) -> tuple[np.ndarray, np.ndarray]:
    v, w = linear(cell)
    a, b = fourier(cell, width=width)
    scale = np.sqrt(v[cell.usual].var(0).sum()) or 1.0
    return np.hstack([v / scale, a]), np.hstack([w / scale, b])


for penalty in (0.003, 0.03):
    for title, space in {
        "linear": linear, "kernel 1": lambda cell: fourier(cell, 384, 1.0), "kernel .5": lambda cell: fourier(cell, 384, 0.5),
    }.items():  # fmt: skip
        VARIANTS[f"{title} ridge {penalty} for network"] = lambda cell, p=penalty, s=space: combined(
            cell, network=ridge(cell, s(cell), p)
        )
        VARIANTS[f"{title} ridge {penalty} and network"] = lambda cell, p=penalty, s=space: combined(
            cell, network=(ridge(cell, s(cell), p) + cell.test.score) / 2
        )


# --- trees
def walk(trees: Any, X: np.ndarray) -> list[tuple[np.ndarray, slice]]:
    """Leaf of every row in every tree."""
    from replicas.tree_scores import _walkers

    X = np.ascontiguousarray(X, dtype=np.float32)
    firsts = trees.first
    return [
        (walker.apply(X), slice(firsts[i], firsts[i + 1])) for i, (walker, _) in enumerate(_walkers(trees, X.shape[1]))
    ]


def bags_of(cell: Any, size: int, trees: int, stream: str, pool: np.ndarray | None = None) -> np.ndarray:
    from replicas.sampling import without_replacement
    from reproducibility.streams import generator

    pool = cell.unlabelled if pool is None else pool
    return pool[without_replacement(generator("mnp-plus", stream, cell.seed), len(pool), trees, min(size, len(pool)))]


def size_of(cell: Any) -> int:
    return max(16, 2 * len(cell.labelled))


def smoothed(cell: Any, prior: float, logs: bool = False) -> np.ndarray:
    """Leaves' shares drawn to one half as by ``prior`` further rows of either class (in bags' mean weight)."""
    from replicas.trees import grow
    from reproducibility.streams import generator

    bags = bags_of(cell, size_of(cell), 200, "trial bags")
    trees = grow(cell.X_train, cell.labelled, bags, generator("mnp-plus", "trial trees", cell.seed))
    some, many = len(cell.labelled), bags.shape[1]
    total = np.zeros(len(cell.X_test))
    from replicas.tree_scores import _walkers

    X_test = np.ascontiguousarray(cell.X_test)
    for (walker, _), bag in zip(_walkers(trees, X_test.shape[1]), bags, strict=True):
        n = walker.node_count
        a = np.bincount(walker.apply(np.ascontiguousarray(cell.X_train[cell.labelled])), minlength=n) / some
        b = np.bincount(walker.apply(np.ascontiguousarray(cell.X_train[bag])), minlength=n) / many
        extra = prior / 2 * (1 / some + 1 / many) / 2
        value = (a + extra) / (a + b + 2 * extra)
        total += (odds(value) if logs else value)[walker.apply(X_test)]
    return total / 200 if logs else odds(total / 200)


for prior in (0.0, 0.5, 2.0):
    VARIANTS[f"leaves smoothed by {prior}"] = lambda cell, prior=prior: combined(cell, trees=smoothed(cell, prior))
VARIANTS["mean of trees' log-odds, leaves smoothed by 0.5"] = lambda cell: combined(
    cell, trees=1.5 * smoothed(cell, 0.5, True)
)


def regrown(
    cell: Any,
    size: int | None = None,
    pool: np.ndarray | None = None,
    trees: int = 200,
    labelled: np.ndarray | None = None,
    X: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    from replicas.tree_scores import mean_value
    from replicas.trees import grow
    from reproducibility.streams import generator

    train, test = (cell.X_train, cell.X_test) if X is None else X
    bags = bags_of(cell, size or size_of(cell), trees, "trial bags", pool)
    labelled = cell.labelled if labelled is None else labelled
    grown = grow(np.ascontiguousarray(train), labelled, bags, generator("mnp-plus", "trial trees", cell.seed))
    return mean_value(grown, np.ascontiguousarray(test))


VARIANTS["other draws of the trees"] = lambda cell: combined(cell, trees=odds(regrown(cell)))


def two_stages(cell: Any, share: float, trees: int = 200, own: bool = True) -> np.ndarray:
    """The trees again, without the unlabelled rows whose out-of-bag evidence is highest."""
    from replicas.tree_scores import _walkers
    from replicas.trees import grow
    from reproducibility.streams import generator

    bags = bags_of(cell, size_of(cell), 100, "trial bags")
    grown = grow(cell.X_train, cell.labelled, bags, generator("mnp-plus", "trial trees", cell.seed))
    total, count = np.zeros(len(cell.X_train)), np.full(len(cell.X_train), 1e-9)
    rows = np.ascontiguousarray(cell.X_train)
    for (walker, value), bag in zip(_walkers(grown, rows.shape[1]), bags, strict=True):
        out = np.ones(len(rows), dtype=bool)
        out[bag] = False
        total += np.where(out, value[walker.apply(rows)], 0.0)
        count += out
    evidence = odds(total / count) + 0.75 * cell.train.score
    u = cell.unlabelled
    pool = np.sort(u[np.argsort(evidence[u], kind="stable")[: max(16, int((1 - share) * len(u)))]])
    return regrown(cell, pool=pool, trees=trees)


for share in (0.02, 0.05, 0.15):
    VARIANTS[f"second stage without the {share:.0%} of highest evidence"] = lambda cell, share=share: combined(
        cell, trees=odds(two_stages(cell, share))
    )
VARIANTS["second stage without 5%, averaged with the first"] = lambda cell: combined(
    cell, trees=odds((two_stages(cell, 0.05) + cell.test.probability) / 2)
)


def sizes_mixed(cell: Any, factors: tuple[float, ...]) -> np.ndarray:
    """Bags of several sizes, the mean of their log-odds."""
    return np.mean(
        [odds(regrown(cell, int(size_of(cell) * factor), trees=400 // len(factors))) for factor in factors], axis=0
    )


VARIANTS["bags of half to four times the size"] = lambda cell: combined(cell, trees=sizes_mixed(cell, (0.5, 1, 2, 4)))
VARIANTS["bags of one and four times the size"] = lambda cell: combined(cell, trees=sizes_mixed(cell, (1, 4)))


def boosted(cell: Any, rounds: int = 100) -> np.ndarray:
    """XGBoost's raw score, classes with the same weight."""
    import xgboost

    y = cell.y_train.astype(float)
    weight = np.where(y == 1, 0.5 / y.sum(), 0.5 / (1 - y).sum()) * len(y)
    data = xgboost.DMatrix(cell.X_train, y, weight=weight)
    params = {
        "objective": "binary:logistic",
        "max_depth": 4,
        "eta": 0.1,
        "subsample": 0.7,
        "colsample_bynode": 0.5,
        "min_child_weight": 1.0,
        "nthread": 1,
        "seed": cell.seed,
        "tree_method": "hist",
    }
    return xgboost.train(params, data, rounds).predict(xgboost.DMatrix(cell.X_test), output_margin=True)


def boosted_weighted(cell: Any, prior: float) -> np.ndarray:
    n = len(cell.labelled)
    if n < 5:
        return default(cell)
    share = n / (n + prior)
    return combined(cell, trees=(1 - share) * odds(cell.test.probability) + share * np.clip(boosted(cell), -5.3, 5.3))


VARIANTS["boosted trees beside, L/(L+20)"] = lambda cell: boosted_weighted(cell, 20.0)
VARIANTS["boosted trees beside, L/(L+60)"] = lambda cell: boosted_weighted(cell, 60.0)


# --- weights by the number of labels
for a in (1.0, 3.0, 10.0):
    VARIANTS[f"without-label terms times {a:.0f}/({a:.0f}+L) + .5"] = lambda cell, a=a: combined(
        cell, rest=(0.5 + a / (a + len(cell.labelled))) * unsupervised(cell)
    )
    VARIANTS[f"trees times .7 + .6 L/({a:.0f}+L)"] = lambda cell, a=a: combined(
        cell, tree_weight=0.7 + 0.6 * len(cell.labelled) / (a + len(cell.labelled))
    )
    VARIANTS[f"network times .5 + {a:.0f}/({a:.0f}+L)"] = lambda cell, a=a: combined(
        cell, network_weight=0.75 * (0.5 + a / (a + len(cell.labelled)))
    )


# --- ranks
def ranked(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return -np.log(1.0 - (rankdata(values) - 0.5) / len(values))


VARIANTS["sum of log-ranks"] = lambda cell: (
    ranked(cell.test.probability) + 0.75 * ranked(cell.test.score) + 0.3 * ranked(unsupervised(cell))
)


# --- asymmetry: being unlike the known anomalies says less than being like them
for low in (0.1, 0.2):
    VARIANTS[f"floor {low} 0.005"] = lambda cell, low=low: combined(cell, odds(cell.test.probability, low, 0.005))
for least in (-1.0, 0.0, 0.5, 1.0):
    VARIANTS[f"network at least {least}"] = lambda cell, least=least: combined(
        cell, network=np.maximum(cell.test.score, least)
    )
    VARIANTS[f"network softly at least {least}"] = lambda cell, least=least: combined(
        cell, network=least + np.logaddexp(0.0, 2.0 * (cell.test.score - least)) / 2.0
    )
VARIANTS["floor 0.05 0.005, network softly at least 0"] = lambda cell: combined(
    cell, odds(cell.test.probability, 0.05, 0.005), np.logaddexp(0.0, 2.0 * cell.test.score) / 2.0
)


def soft(values: np.ndarray, least: float, sharpness: float = 2.0) -> np.ndarray:
    return least + np.logaddexp(0.0, sharpness * (values - least)) / sharpness


def asymmetric(cell: Any, up: float, down: float, low: float, least: float | None) -> np.ndarray:
    """Trees' evidence for and against with weights of their own, the network's cut off softly below ``least``."""
    z = odds(cell.test.probability, low, 0.005)
    f = cell.test.score if least is None else soft(cell.test.score, least)
    return up * np.maximum(z, 0) + down * np.minimum(z, 0) + 0.75 * f + unsupervised(cell)


for up, down, low, least in (
    (1.5, 1.5, 0.005, None), (2, 2, 0.005, None), (1.5, 1, 0.005, None), (2, 1, 0.005, None), (2, 1, 0.005, 0.5),
    (2, 1, 0.02, 0.5), (2, 1.5, 0.05, 0.5), (2, 1.5, 0.05, 1), (2, 1, 0.05, 0.5), (2, 2, 0.05, 0.5), (2, 2, 0.1, 1), (1, 1.5, 0.05, 0.5),
):  # fmt: skip
    VARIANTS[f"trees {up} up, {down} down, floor {low}, network at least {least}"] = (
        lambda cell, up=up, down=down, low=low, least=least: asymmetric(cell, up, down, low, least)
    )


def allotted(cell: Any, weights: dict[str, float], banks: Any, power: float, joint: float = 4.0) -> np.ndarray:
    """The trust of the sum, handed out among the terms by the labelled anomalies' quantiles in each."""
    before, after = banks
    shares = {n: w * max(0.0, quantile_of_labelled(before[n], cell) - 0.5) ** power for n, w in weights.items()}
    scale = sum(weights.values()) / (sum(shares.values()) or 1.0)
    shares = {n: share * scale for n, share in shares.items()}
    a = trust(sum(share * before[n] for n, share in shares.items()), cell, joint)
    return a * sum(share * after[n] for n, share in shares.items())


for power in (1.0, 2.0, 4.0):
    VARIANTS[f"trust allotted, power {power:.0f}"] = lambda cell, power=power: combined(
        cell, rest=allotted(cell, THREE, normality(cell), power)
    )
for more in (("whitened",), ("neighbours",), ("neighbours", "whitened"), ("kernel",)):
    weights = {n: 1.5 / (3 + len(more)) for n in (*THREE, *more)}
    VARIANTS[f"trust allotted, power 2, with {' and '.join(more)}"] = lambda cell, w=weights, m=more: combined(
        cell, rest=allotted(cell, w, banked(cell, m), 2.0)
    )
for up, low, least in ((1.5, 0.005, 0.5), (1.5, 0.02, 0.5), (1.5, 0.02, 0.0), (1.5, 0.02, 1.0), (1.5, 0.05, 0.5)):
    VARIANTS[f"trees {up} up, 1 down, floor {low}, network at least {least}"] = (
        lambda cell, up=up, low=low, least=least: asymmetric(cell, up, 1.0, low, least)
    )


def rotated(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    """Whitened principal components of v, at most 64: axes that cut across features."""
    v, w = linear(cell)
    u = v[cell.usual]
    mean = u.mean(0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(u.T)))
    kept = values > 1e-6 * values.max()
    scale = (vectors[:, kept] / np.sqrt(values[kept]))[:, ::-1][:, :64]
    return tuple(((x - mean) @ scale).astype(np.float32) for x in (v, w))


def with_rotated(cell: Any, share: float) -> np.ndarray:
    p = regrown(cell, X=rotated(cell), trees=200)
    return (1 - share) * odds(cell.test.probability) + share * odds(p)


for share in (0.25, 0.5):
    VARIANTS[f"log-odds of rotated trees beside, {share}"] = lambda cell, share=share: combined(
        cell, trees=with_rotated(cell, share)
    )
VARIANTS["rotated trees for network"] = lambda cell: combined(
    cell, trees=odds(cell.test.probability) + 0.5 * odds(regrown(cell, X=rotated(cell))), network_weight=0.0
)
VARIANTS["rotated trees .5 beside all"] = lambda cell: combined(
    cell, trees=odds(cell.test.probability) + 0.5 * odds(regrown(cell, X=rotated(cell)))
)


# --- distance to a sample of unlabelled rows: prototypes at a fine scale
def sampled(cell: Any, count: int, nearest: int = 1, repeats: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest (or so-many-th nearest) of ``count`` unlabelled rows, a sampled row not counting itself."""
    v, w = cell.inputs
    draws = np.random.default_rng([cell.seed, 11])
    sums = [np.zeros(len(v)), np.zeros(len(w))]
    for _ in range(repeats):
        chosen = draws.permutation(cell.usual)[:count]
        centres = v[chosen].astype(np.float64)
        for which, x in enumerate((v, w)):
            squares = (x.astype(np.float64) ** 2).sum(1)[:, None] - 2.0 * x @ centres.T + (centres**2).sum(1)
            if which == 0:
                squares[chosen, np.arange(len(chosen))] = np.inf
            k = min(nearest, len(chosen) - 1)
            sums[which] += np.sqrt(np.maximum(np.partition(squares, k - 1, axis=1)[:, k - 1], 0.0))
    return sums[0] / repeats, sums[1] / repeats


def clustered(cell: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.cluster import KMeans

    v, w = cell.inputs
    model = KMeans(min(count, len(cell.usual) // 8 or 1), n_init=1, max_iter=20, random_state=cell.seed).fit(v[cell.usual])
    return tuple(model.transform(x).min(axis=1) for x in (v, w))


BANK |= {
    "nearest of 64 rows": lambda cell: sampled(cell, 64), "nearest of 256 rows": lambda cell: sampled(cell, 256),
    "nearest of 1024 rows": lambda cell: sampled(cell, 1024), "5th nearest of 1024 rows": lambda cell: sampled(cell, 1024, 5),
    "3rd nearest of 256 rows": lambda cell: sampled(cell, 256, 3), "4 times nearest of 64 rows": lambda cell: sampled(cell, 64, 1, 4),
    "128 prototypes": lambda cell: clustered(cell, 128),
}  # fmt: skip
for name in list(BANK)[5:]:
    VARIANTS[f"{name} beside, a quarter each"] = bank_variant((name,), {n: 0.375 for n in (*THREE, name)}, False)
    VARIANTS[f"{name} in place of prototypes"] = bank_variant((name,), {name: 0.75, "own": 0.375, "shared": 0.375}, False)


_KEPT: dict[str, Any] = {}


def kept(cell: Any, name: str) -> Any:
    """A bank's member, computed once per cell."""
    if _KEPT.get("cell") is not cell:
        _KEPT.clear()
        _KEPT["cell"] = cell
    if name not in _KEPT:
        _KEPT[name] = BANK[name](cell)
    return _KEPT[name]


def with_sample(cell: Any, weights: dict[str, float], name: str = "5th nearest of 1024 rows", power: float = 4.0) -> np.ndarray:
    before, after = normality(cell)
    train, test = kept(cell, name)
    before["near"], after["near"] = distant(train, train[cell.usual]), distant(test, train[cell.usual])
    return trusted_terms(cell, tuple(weights), weights, (before, after), power, False)


def summed(cell: Any, rest: np.ndarray, up: float = 1.0, low: float = 0.005, least: float | None = None) -> np.ndarray:
    z = odds(cell.test.probability, low, 0.005)
    f = cell.test.score if least is None else soft(cell.test.score, least)
    return up * np.maximum(z, 0) + np.minimum(z, 0) + 0.75 * f + rest


SETTINGS: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "J1 in place": ({"near": 0.75, "own": 0.375, "shared": 0.375}, {}),
    "J2 thirds": ({"near": 0.5, "distance": 0.5, "own": 0.25, "shared": 0.25}, {}),
    "J3 own only": ({"near": 0.75, "own": 0.75}, {}),
    "J4 shared only": ({"near": 0.75, "shared": 0.75}, {}),
    "J5 near alone": ({"near": 1.5}, {}),
    "J6 in place, soft 0": ({"near": 0.75, "own": 0.375, "shared": 0.375}, {"least": 0.0}),
    "J7 in place, 1.5 up": ({"near": 0.75, "own": 0.375, "shared": 0.375}, {"up": 1.5}),
    "J8 in place, 1.5 up, soft 0": ({"near": 0.75, "own": 0.375, "shared": 0.375}, {"up": 1.5, "least": 0.0}),
    "J9 in place, 1.5 up, soft 0.5, floor .02": ({"near": 0.75, "own": 0.375, "shared": 0.375}, {"up": 1.5, "least": 0.5, "low": 0.02}),
    "J10 in place, weight .6, 1.5 up, soft 0": ({"near": 0.6, "own": 0.3, "shared": 0.3}, {"up": 1.5, "least": 0.0}),
    "J11 in place, weight .5": ({"near": 0.5, "own": 0.25, "shared": 0.25}, {}),
    "J12 in place, weight .6, 2 up, soft 0": ({"near": 0.6, "own": 0.3, "shared": 0.3}, {"up": 2.0, "least": 0.0}),
}  # fmt: skip
for name, (weights, more) in SETTINGS.items():
    VARIANTS[name] = lambda cell, weights=weights, more=more: summed(cell, with_sample(cell, weights), **more)


def codes(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    """What the shared linear autoencoder makes of v: as many principal components as features, at most 128."""
    v, w = linear(cell)
    u = v[cell.usual]
    mean = u.mean(0)
    vectors = np.linalg.eigh(np.atleast_2d(np.cov(u.T)))[1]
    chosen = vectors[:, -max(1, min(v.shape[1] // 2, 128)) :]
    return tuple(((x - mean) @ chosen).astype(np.float32) for x in (v, w))


BANK |= {
    "codes 200": lambda cell: odds(regrown(cell, X=codes(cell))),
    "codes 100": lambda cell: odds(regrown(cell, X=codes(cell), trees=100)),
}
J1 = {"near": 0.75, "own": 0.375, "shared": 0.375}
CODED: dict[str, tuple[dict[str, float] | None, float, str, dict[str, float]]] = {
    "K1 codes .5": (None, 0.5, "codes 200", {}),
    "K2 near, codes .5": (J1, 0.5, "codes 200", {}),
    "K3 near, codes .5, soft 0": (J1, 0.5, "codes 200", {"least": 0.0}),
    "K4 near, codes .5 (100 trees), soft 0": (J1, 0.5, "codes 100", {"least": 0.0}),
    "K5 near .6, codes .5, soft 0": ({n: 0.8 * w for n, w in J1.items()}, 0.5, "codes 200", {"least": 0.0}),
    "K6 near, codes .75, soft 0": (J1, 0.75, "codes 200", {"least": 0.0}),
    "K7 near, codes 1, soft 0": (J1, 1.0, "codes 200", {"least": 0.0}),
    "K8 near, codes .5, soft 0, 1.5 up": (J1, 0.5, "codes 200", {"least": 0.0, "up": 1.5}),
    "K9 near, codes .5, soft .5, floor .02, 1.5 up": (J1, 0.5, "codes 200", {"least": 0.5, "up": 1.5, "low": 0.02}),
    "K10 near, codes .25, soft 0": (J1, 0.25, "codes 200", {"least": 0.0}),
    "K11 near 1.2, codes .5, soft 0, 1.5 up": ({n: 1.2 * w for n, w in J1.items()}, 0.5, "codes 200", {"least": 0.0, "up": 1.5}),
    "K12 near and own, codes .5, soft 0, 1.5 up": ({"near": 0.75, "own": 0.75}, 0.5, "codes 200", {"least": 0.0, "up": 1.5}),
}  # fmt: skip
for name, (weights, share, bank, more) in CODED.items():
    VARIANTS[name] = lambda cell, weights=weights, share=share, bank=bank, more=more: summed(
        cell, unsupervised(cell) if weights is None else with_sample(cell, weights), **more
    ) + share * kept(cell, bank)


def grouped(cell: Any, groups: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean over groups of unlabelled rows of the distance to the nearest one, a row counting itself: no sample is told apart."""
    v, w = linear(cell)
    chosen = np.random.default_rng([cell.seed, 12]).permutation(cell.usual)[: groups * each]
    sums = [np.zeros(len(v)), np.zeros(len(w))]
    count = min(groups, len(chosen))
    for centres in np.array_split(v[chosen], count):
        for which, x in enumerate((v, w)):
            squares = (x**2).sum(1)[:, None] - 2.0 * x @ centres.T + (centres**2).sum(1)
            sums[which] += np.sqrt(np.maximum(squares.min(axis=1), 0.0))
    return sums[0] / count, sums[1] / count


BANK |= {"4 x 256": lambda cell: grouped(cell, 4, 256), "8 x 128": lambda cell: grouped(cell, 8, 128)}
for name in ("4 x 256", "8 x 128"):
    VARIANTS[f"M nearest of {name}"] = lambda cell, name=name: summed(cell, with_sample(cell, J1, name))
    VARIANTS[f"M nearest of {name}, soft 0, 1.5 up"] = lambda cell, name=name: summed(
        cell, with_sample(cell, J1, name), up=1.5, least=0.0
    )


BANK |= {"rotated 200": lambda cell: odds(regrown(cell, X=rotated(cell)))}


def both_reconstructions(near: float, own: float, shared: float) -> dict[str, float]:
    return {name: weight for name, weight in (("near", near), ("own", own), ("shared", shared)) if weight}


FINAL: dict[str, tuple[dict[str, float], float, dict[str, float]]] = {
    "F1 soft 0": (J1, 0.5, {"least": 0.0}),
    "F2 soft .5": (J1, 0.5, {"least": 0.5}),
    "F3 soft .5, low floor .02": (J1, 0.5, {"least": 0.5, "low": 0.02}),
    "F4 soft .5, low floor .02, 1.5 up": (J1, 0.5, {"least": 0.5, "low": 0.02, "up": 1.5}),
    "F5 own alone, soft 0": (both_reconstructions(0.75, 0.75, 0), 0.5, {"least": 0.0}),
    "F6 own alone, weight .6, soft 0": (both_reconstructions(0.6, 0.6, 0), 0.5, {"least": 0.0}),
    "F7 own alone, weight .6, soft .5": (both_reconstructions(0.6, 0.6, 0), 0.5, {"least": 0.5}),
    "F8 own alone, weight .6, soft 0, 1.5 up": (both_reconstructions(0.6, 0.6, 0), 0.5, {"least": 0.0, "up": 1.5}),
    "F9 own alone, weight .5, soft 0": (both_reconstructions(0.5, 0.5, 0), 0.5, {"least": 0.0}),
    "F10 own twice shared, weight .6, soft 0": (both_reconstructions(0.6, 0.4, 0.2), 0.5, {"least": 0.0}),
    "F11 both, weight .6, soft 0": (both_reconstructions(0.6, 0.3, 0.3), 0.5, {"least": 0.0}),
    "F12 own alone, weight .6, rotated .75, soft 0": (both_reconstructions(0.6, 0.6, 0), 0.75, {"least": 0.0}),
}  # fmt: skip
for name, (weights, share, more) in FINAL.items():
    VARIANTS[name] = lambda cell, weights=weights, share=share, more=more: summed(
        cell, with_sample(cell, weights, "8 x 128"), **more
    ) + share * kept(cell, "rotated 200")
