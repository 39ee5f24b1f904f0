"""
Add a method in one file
========================

A method is a class with ``fit(X, y)`` and ``decision_function(X)``. This one scores a row by how much nearer it is to a
labelled anomaly than to unlabelled rows.
"""

import matplotlib.pyplot as plt
from sklearn.base import BaseEstimator
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors

from bench import create, load_dataset
from bench.scenarios import split
from bench.types import Scenario


class NearestAnomaly(BaseEstimator):
    def fit(self, X, y):
        self.usual_ = NearestNeighbors(n_neighbors=2).fit(X[y == 0])
        self.known_ = NearestNeighbors(n_neighbors=1).fit(X[y == 1])
        return self

    def decision_function(self, X):
        return self.usual_.kneighbors(X)[0].mean(axis=1) - self.known_.kneighbors(X)[0][:, 0]


# %%
# Saved as ``nearest.py``, its path is its name in a suite, ``methods = ["nearest:NearestAnomaly", "devnet"]``, and
# ``PYTHONPATH=. mnp-bench run my.toml`` runs it. A package with a card (title, citation, deviations) and an entry point
# registers it for good: see ``examples/third_party_method`` in the repository.

cut = split(load_dataset("digits-not35"), Scenario(label_budget=10), seed=0)
methods = {"mine": NearestAnomaly(), "knn": create("knn"), "devnet": create("devnet", seed=0)}
figure, axis = plt.subplots(figsize=(6, 2.5), layout="constrained")
for name, detector in methods.items():
    scores = detector.fit(cut.X_train, cut.y_train).decision_function(cut.X_test)
    axis.barh(name, average_precision_score(cut.y_test, scores))
axis.set(xlabel="average precision", xlim=(0, 1))
