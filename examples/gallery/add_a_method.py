"""
Add a method in one file
========================

A method is a class with ``fit(X, y)`` and ``decision_function(X)``. This one scores a row by how much nearer it is to a
labelled anomaly than to an unlabelled row.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.metrics import average_precision_score

from bench import create, load_dataset
from bench.scenarios import split
from bench.types import Scenario

SOURCE = """
from pyod.models.base import BaseDetector
from sklearn.neighbors import NearestNeighbors


class NearestAnomaly(BaseDetector):
    def __init__(self, contamination=0.1):
        super().__init__(contamination=contamination)

    def fit(self, X, y):
        self._set_n_classes(None)
        self.usual_ = NearestNeighbors(n_neighbors=2).fit(X[y == 0])
        self.known_ = NearestNeighbors(n_neighbors=1).fit(X[y == 1])
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X):
        return self.usual_.kneighbors(X)[0].mean(axis=1) - self.known_.kneighbors(X)[0][:, 0]
"""
folder = tempfile.mkdtemp()
Path(folder, "nearest_anomaly.py").write_text(SOURCE)

# %%
# Its path is its name, here and in a suite: ``methods = ["nearest_anomaly:NearestAnomaly", "devnet"]``. A package with a card
# (title, citation, deviations) registers it for good: see ``examples/third_party_method`` in the repository.

sys.path.insert(0, folder)  # a package would be installed
digits = load_dataset("digits-not35")
names = {"nearest_anomaly:NearestAnomaly": "mine", "knn": "kNN", "logistic-regression": "Logistic regression"}
figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for place, name in enumerate(names):
    for seed in range(3):
        cut = split(digits, Scenario(label_budget=10), seed)
        scores = create(name, seed=seed).fit(cut.X_train, cut.y_train).decision_function(cut.X_test)
        axis.plot(average_precision_score(cut.y_test, scores), place, "o", color=f"C{place}", alpha=0.7)
axis.set_yticks(range(len(names)), list(names.values()))
axis.set(xlabel="average precision (one point a seed)", xlim=(0, 1), ylim=(-0.5, len(names) - 0.5))
