"""
Ten percent contamination
=========================

Unlabelled rows are not normal rows: some are anomalies that nobody has noticed. A classifier that takes all of them for normal
learns to overlook exactly what it is looking for. Who stands it?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import average_precision_score

from bench import create, load_dataset
from bench.scenarios import split
from bench.types import Scenario

digits = load_dataset("digits-even")
levels = [0.0, 0.02, 0.05, 0.1]
methods = {"logistic-regression": "Logistic regression", "random-forest": "Random forest", "pu-bagging": "PU bagging"}

# %%
# The test rows are the same at every level. Where a set has too few anomalies for ten percent, slightly moved copies of
# training anomalies fill up the level, as DevNet's authors do.

figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for name, title in methods.items():
    precision = np.zeros((3, len(levels)))
    for seed in range(3):
        for place, level in enumerate(levels):
            scenario = Scenario(label_budget=5, contamination=level, contamination_fill="perturb")
            cut = split(digits, scenario, seed)
            scores = create(name, seed=seed).fit(cut.X_train, cut.y_train).decision_function(cut.X_test)
            precision[seed, place] = average_precision_score(cut.y_test, scores)
    axis.errorbar(levels, precision.mean(axis=0), precision.std(axis=0), marker="o", capsize=3, label=title)
axis.set(xlabel="share of anomalies among the unlabelled rows", ylabel="average precision (3 seeds)", ylim=(0, 1))
axis.legend()
