"""
Run on a Dask cluster
=====================

A run takes the workers of a Dask scheduler instead of the cores of one machine, and gives the same bits. Here the cluster is
one process on this machine; on a real one only the address differs (:doc:`/cluster`).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from distributed import LocalCluster

from bench import read

folder = Path(tempfile.mkdtemp())
few = ["--methods", "logistic-regression,iforest", "--datasets", "digits-0147", "--no-track"]
command = [sys.executable, "-m", "bench", "run", "smoke", *few]
with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
    address = ["--backend", "dask", "--address", cluster.scheduler_address]
    subprocess.run([*command, *address, "--out", "there"], cwd=folder, check=True, capture_output=True)
subprocess.run([*command, "--out", "here"], cwd=folder, check=True, capture_output=True)

# %%
# Every point lies on the line, to the last bit.

there, here = (read(folder / name).set_index("cell") for name in ("there", "here"))
same = (there["average_precision"] == here["average_precision"].reindex(there.index)).all()
print(f"{len(there)} cells on the cluster; equal to those of this machine to the last bit: {same}")
figure, axis = plt.subplots(figsize=(4.5, 4), layout="constrained")
axis.axline((0, 0), slope=1, color="0.7")
for title, rows in there.groupby("method_title"):
    axis.plot(here.loc[rows.index, "average_precision"], rows["average_precision"], "o", label=title)
axis.set(xlabel="average precision, here", ylabel="average precision, on the cluster", xlim=(0, 1), ylim=(0, 1))
axis.legend()
