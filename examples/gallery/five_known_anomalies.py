"""
Five known anomalies
====================

Somebody has confirmed five anomalies and looked at no other row. How much do five labels help? MNP+ learns from all rows and
these five; isolation forest sees the same rows without the labels.
"""

import matplotlib.pyplot as plt
from sklearn.metrics import PrecisionRecallDisplay

from bench import create, load_dataset
from bench.scenarios import split
from bench.types import Scenario

digits = load_dataset("digits-low")  # digits 0 to 4 are normal, 5 to 9 are anomalies
cut = split(digits, Scenario(label_budget=5), seed=0)
print(f"{len(cut.y_train)} training rows, {cut.y_train.sum()} of them labelled anomalies")

# %%
# ``y`` is 1 for a labelled anomaly and 0 for a row nobody has looked at. Every detector has the two calls of PyOD: ``fit`` and
# ``decision_function``, where higher means more anomalous. The truth of the test rows is used for the picture only.

figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for name, title in (("mnp-plus", "MNP+, five labels"), ("iforest", "Isolation forest, no labels")):
    scores = create(name, seed=0).fit(cut.X_train, cut.y_train).decision_function(cut.X_test)
    PrecisionRecallDisplay.from_predictions(cut.y_test, scores, name=title, ax=axis)
axis.axhline(cut.y_test.mean(), color="0.6", linestyle=":", label="chance")
axis.set(xlabel="share of the anomalies that are found", ylabel="share of the alarms that are right")
axis.legend(loc="upper right")
