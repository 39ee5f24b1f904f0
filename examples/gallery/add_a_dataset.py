"""
Add a dataset in one file
=========================

A dataset is arrays and a card that says where they come from. Its identity is the hash of its content, so results never mix
two versions of a file.
"""

import matplotlib.pyplot as plt
import numpy as np

from bench import create
from bench.datasets.arrays import make_dataset
from bench.scenarios import split
from bench.types import DatasetCard, Scenario

rng = np.random.default_rng(0)
angle = rng.uniform(0, 2 * np.pi, 600)
ring = np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.08, (600, 2))
card = DatasetCard(
    name="rings/one", title="A ring; what lies in its middle is anomalous", source="rings", family="rings",
    licence="CC0", citation="this page", url="https://example.org", synthetic=True,
)  # fmt: skip
data = make_dataset(np.vstack([ring, rng.normal(0, 0.25, (40, 2))]), np.repeat([0, 1], [600, 40]), None, card)
print(data)

# %%
# A package registers such sets by an entry point; then every command knows them, see :doc:`/datasets`. A split
# says what a method may see: five labelled anomalies, and unlabelled rows with the other anomalies still among them.

cut = split(data, Scenario(label_budget=5), seed=0)
model = create("mnp-plus", seed=0).fit(cut.X_train, cut.y_train)
grid = np.stack(np.meshgrid(np.linspace(-1.5, 1.5, 60), np.linspace(-1.5, 1.5, 60)), axis=-1).reshape(-1, 2)
figure, axis = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
scores = model.decision_function(grid)
shades = axis.contourf(*grid.T.reshape(2, 60, 60), scores.reshape(60, 60), levels=12, cmap="RdBu_r", alpha=0.7)
figure.colorbar(shades, label="score")
axis.plot(*cut.X_train[cut.y_train == 0].T, "k.", ms=3, label="unlabelled")
axis.plot(*cut.X_train[cut.y_train == 1].T, "ws", mec="k", label="labelled anomaly")
axis.legend(loc="upper right")
