"""
Re-run one cell of a published table
====================================

The tables of this project's reference runs are committed with their stores, so that any number in them can be computed again.
Here it is DevNet at five levels of contamination on handwritten digits, with the first seed.
"""

import matplotlib.pyplot as plt

from bench import read
from bench.app.cells import find
from bench.app.verify import repeat

FOLDER = "../../results/reference/contamination"  # seen from the folder of this script
levels = [0.0, 0.02, 0.05, 0.1, 0.2]
cells = [f"digits-low:devnet:0@contamination={level}" for level in levels]
again = repeat(FOLDER, [find(FOLDER, cell) for cell in cells])
for cell in again:
    print(cell.name, "- the same bits" if cell.same else f"- differs: {'; '.join(cell.differences)}")

# %%
# On the command line it is ``mnp-bench rerun results/reference/contamination digits-low:devnet:0@contamination=0.05 --verify``.
# Where something differs, it also says what changed since: code, packages, processor. The last bits belong to a kind of
# processor, so on another one a number may move in its third digit, as the first point may show.

stored = read(FOLDER).query("dataset == 'digits-low' and method == 'devnet'")
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for seed, rows in stored.sort_values("contamination").groupby("seed"):
    axis.plot(rows["contamination"], rows["average_precision"], "o-", color="0.7", label=f"stored, seed {seed}")
axis.plot(
    levels, [cell.record.metrics["average_precision"] for cell in again], "rx", ms=9, label="computed just now, seed 0"
)
axis.set(xlabel="share of anomalies among the unlabelled rows", ylabel="average precision", ylim=(0, 1))
axis.legend()
