"""
A new kind of attack
====================

The labelled anomalies are of one kind; tomorrow's are of another. A method that only learns what labelled anomalies look like
misses them, one that also knows what normal looks like need not. The data here are generated, with four kinds of anomalies.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import average_precision_score

from bench import create, load_dataset
from bench.scenarios import split
from bench.types import Scenario

data = load_dataset("synthetic-mixed")
scenario = Scenario(label_budget=10, known_types=("cluster",), unseen_only=True, max_rows=2000)
cut = split(data, scenario, seed=0)
kinds = cut.anomaly_type_test
print("labelled: 10 of kind 'cluster'; no other anomaly is among the training rows")

# %%
# Each bar ranks the normal test rows against the anomalies of one kind.

methods = {"logistic-regression": "Logistic regression", "iforest": "Isolation forest", "mnp-plus": "MNP+"}
shown = ["cluster", "global", "local", "dependency"]
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for number, (name, title) in enumerate(methods.items()):
    scores = create(name, seed=0).fit(cut.X_train, cut.y_train).decision_function(cut.X_test)
    rows = [(cut.y_test == 0) | (kinds == kind) for kind in shown]
    precision = [average_precision_score(cut.y_test[row], scores[row]) for row in rows]
    axis.bar(np.arange(len(shown)) + 0.27 * (number - 1), precision, width=0.25, label=title)
axis.set_xticks(range(len(shown)), ["cluster\n(labelled)", *(f"{kind}\n(new)" for kind in shown[1:])])
axis.set(ylabel="average precision", ylim=(0, 1.05))
axis.legend()
