"""
Log to an MLflow server
=======================

The store of a run is mirrored into MLflow: one run for each dataset, scenario and method. Here the server is a process on this
machine; yours is an address in ``MLFLOW_TRACKING_URI`` (:doc:`/mlflow`).
"""

import socket
import subprocess
import sys
import tempfile

import matplotlib.pyplot as plt
import mlflow

here = {"cwd": tempfile.mkdtemp(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
with socket.create_server(("127.0.0.1", 0)) as free:
    port = str(free.getsockname()[1])
python = [sys.executable, "-m"]
server = subprocess.Popen([*python, "mlflow", "server", "--port", port, "--workers", "1"], **here)

# %%
# ``mnp-bench run`` mirrors at its end, unless the server cannot be reached; ``mnp-bench track`` sends the same later.

few = ["--methods", "logistic-regression,iforest", "--no-track"]
subprocess.run([*python, "bench", "run", "smoke", *few], check=True, **here)
mlflow.set_tracking_uri(f"http://127.0.0.1:{port}")
track = [*python, "bench", "track", "results/smoke", "--tracking-uri", mlflow.get_tracking_uri()]
for _ in range(60):  # until the server has started
    if subprocess.run(track, **here).returncode == 0:
        break
runs = mlflow.search_runs(experiment_names=["mnp-bench/smoke"], filter_string="params.method != ''")
server.terminate()
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for (dataset, method), rows in runs.groupby(["params.dataset", "params.method"]):
    points = rows.assign(level=rows["params.contamination"].astype(float)).sort_values("level")
    axis.plot(points["level"], points["metrics.average_precision_mean"], "o-", label=f"{method}, {dataset}")
axis.set(xlabel="params.contamination", ylabel="metrics.average_precision_mean", ylim=(0, 1))
axis.legend()
