"""
Which detector for my CSV
=========================

A table with a few known anomalies: which method is worth its time on *these* rows? ``pick`` holds the known anomalies out,
fold by fold, sees how high each method ranks them, and joins that with what the reference runs say of tables like this one.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine

from bench import load_table, pick

path = Path(tempfile.mkdtemp(), "my.csv")
wine = load_wine(as_frame=True).frame
wine["label"] = (wine.pop("target") == 2).astype(int)  # the third cultivar is the anomaly
wine.drop(wine.index[wine.label == 1][15:]).to_csv(path, index=False)
table = load_table(str(path), label="label")
print(*table.notes, sep="\n")

# %%
# On the command line it is ``mnp-bench pick my.csv --label label``, which draws a page too. The answer is three sentences.

answer = pick(table, methods=["pu-bagging", "logistic-regression", "xgboost", "iforest"], minutes=2)
print(answer)

# %%
# How far each method is behind the best, with 95% intervals: where one reaches 0, the choice may be chance.

figure, axis = plt.subplots(figsize=(6, 2.5), layout="constrained")
for place, judged in enumerate(reversed(answer.judged)):
    axis.plot([-judged.behind.high, -judged.behind.low], [place, place], "C0", lw=3, alpha=0.4)
    axis.plot(-judged.behind.value, place, "C0o")
axis.set_yticks(range(len(answer.judged)), [judged.method for judged in reversed(answer.judged)])
axis.axvline(0, color="0.6", linestyle=":")
axis.set(xlabel="average precision, estimated, minus that of the best")
