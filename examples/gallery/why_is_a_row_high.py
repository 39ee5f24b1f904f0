"""
Why is this row high?
=====================

A score alone sends nobody to the right place. ``explain`` says which columns of a row the score rests on, by putting values
of similar usual rows in their place, and ``explanation_figure`` draws it, as does ``mnp-bench score --explain-figure``.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from bench import explain, explanation_figure, fit, load_table

stream = np.random.default_rng(0)
payments = pd.DataFrame({
    "amount": stream.lognormal(3, 1, 1000).round(2),
    "country": stream.choice(["DE", "FR", "IT"], 1000, p=[0.6, 0.3, 0.1]),
    "hour": stream.normal(14, 3, 1000).clip(0, 23.9).round(1),
    "age": stream.integers(18, 80, 1000),
})  # fmt: skip
payments["tax"] = (0.19 * payments.amount).round(2)
payments.loc[:9, "hour"] = 3.5  # ten frauds by night, eight of them known
path = Path(tempfile.mkdtemp(), "payments.csv")
payments.assign(fraud=np.where(np.arange(1000) < 8, "fraud", "")).to_csv(path, index=False)

# %%
# A new payment by night, whose tax does not belong to its amount: no known fraud was like that.

model = fit(load_table(str(path), "fraud"))
row = {"amount": 20.0, "country": "DE", "hour": 3.5, "age": 40, "tax": 30.0}
(explanation,) = explain(model, pd.DataFrame([row]))

# %%
# What the score rests on: each value beside the usual range, the closest normal prototype and the reconstruction.

figure, caption = explanation_figure(model, explanation)
print(caption)
