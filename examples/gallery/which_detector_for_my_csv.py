"""
Which detector for my CSV
=========================

A table with a label in every row can tell which method to trust on data of this kind. The suite is a short text file; the
command is the one for the big tables.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine

from bench import read

folder = Path(tempfile.mkdtemp())
wine = load_wine(as_frame=True).frame
wine["label"] = (wine.pop("target") == 2).astype(int)  # the third cultivar is the anomaly
wine.drop(wine.index[wine.label == 1][15:]).to_csv(folder / "my.csv", index=False)
(folder / "my.toml").write_text("""
name = "my"
title = "Which detector for my table?"
methods = ["pu-bagging", "logistic-regression", "random-forest", "iforest"]
seeds = [0, 1, 2]

[[dataset]]
path = "my.csv"
label = "label"

[scenario]
label_budget = 3
""")

# %%
# ``mnp-bench run`` says how it read the table, then runs every method on every seed and builds a report.

command = [sys.executable, "-m", "bench", "run", "my.toml", "--no-track"]
subprocess.run(command, cwd=folder, check=True, capture_output=True)
rows = read(folder / "results" / "my")

# %%
# One point a run: other seeds mean other splits and other labels, and how far the points lie apart says how much a
# difference between methods is worth.

figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
means = rows.groupby("method_title")["average_precision"].mean().sort_values()
axis.plot(rows["average_precision"], [list(means.index).index(title) for title in rows["method_title"]], "o", alpha=0.6)
axis.plot(means, range(len(means)), "k|", markersize=18)
axis.set_yticks(range(len(means)), means.index)
axis.set(xlabel="average precision (bar: mean)", xlim=(0, 1.02), ylim=(-0.5, len(means) - 0.5))
