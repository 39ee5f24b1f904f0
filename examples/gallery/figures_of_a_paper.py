"""
Make the figures of a paper
===========================

Figures come from a store and nothing else, so they can be made again years later, without running a method. This is the
committed reference run on ADBench.
"""

from bench import read
from bench.report.figures import critical_difference

rows = read("../../results/reference/adbench")  # seen from the folder of this script
print(
    f"{len(rows)} cells: {rows.dataset.nunique()} datasets, {rows.method.nunique()} methods, {rows.seed.nunique()} seeds"
)

# %%
# A drawing is a figure and its caption; the caption counts what the figure rests on.

figure, caption = critical_difference(rows)
print(caption)

# %%
# ``mnp-bench report results/reference/adbench`` writes all tables (CSV, Markdown, LaTeX) and figures (PNG, PDF) of a run,
# without dates in them: equal stores give equal files. :doc:`/explain/reading` says how to read this one.
