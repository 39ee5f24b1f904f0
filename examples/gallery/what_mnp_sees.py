"""
What MNP sees
=============

MNP (Dong et al. 2024) embeds the rows, keeps a prototype for each mode of the normal ones, and takes nearness to a prototype
for likelihood of being normal. With digits one can look: each normal digit should gather around a prototype of its own.
"""

import numpy as np

from bench import load_dataset
from bench.report.figures import inside
from bench.scenarios import split
from bench.types import Scenario
from mnp import MNP

digits = load_dataset("digits-0147")  # 0, 1, 4 and 7 are normal, 8 is anomalous
cut = split(digits, Scenario(label_budget=5, contamination=0.02), seed=0)
model = MNP(random_state=0).fit(cut.X_train, cut.y_train)
print(f"{model.n_prototypes_} prototypes; mean silhouette by K:")
print({k: round(float(value), 3) for k, value in model.silhouettes_.items()})

# %%
# ``inspection_tables`` gives what the picture needs as a table. The truth is for the eye: the model saw the labels of five rows.
# ``mnp-bench inspect digits-0147`` draws this and the losses.

seen, losses = model.inspection_tables(cut.X_train, cut.truth_train, cut.y_train, np.random.default_rng(0))
figure, caption = inside.embedding(seen, "digits-0147")
print(caption)
