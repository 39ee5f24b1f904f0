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
import time
import urllib.error
import urllib.request
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow

folder = Path(tempfile.mkdtemp())
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    uri = f"http://127.0.0.1:{free.getsockname()[1]}"
words = ["--port", uri.rpartition(":")[2], "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/server.db"]
with (folder / "server.log").open("wb") as log:
    server = subprocess.Popen([sys.executable, "-m", "mlflow", "server", *words], cwd=folder, stdout=log, stderr=log)

# %%
# ``mnp-bench run`` mirrors at its end; a server that cannot be reached then costs nothing but the mirror, and
# ``mnp-bench track`` sends it later. That is done here, once the server answers.

command = [sys.executable, "-m", "bench"]
few = ["--methods", "logistic-regression,iforest", "--no-track"]
subprocess.run([*command, "run", "smoke", *few], cwd=folder, check=True, capture_output=True)
for _ in range(600):
    try:
        urllib.request.urlopen(f"{uri}/health", timeout=2).close()
        break
    except (urllib.error.URLError, TimeoutError):
        time.sleep(0.5)
subprocess.run([*command, "track", "results/smoke", "--tracking-uri", uri], cwd=folder, check=True, capture_output=True)

# %%
# What the server has is asked back from it.

mlflow.set_tracking_uri(uri)
runs = mlflow.search_runs(experiment_names=["mnp-bench/smoke"], filter_string="params.method != ''")
server.terminate()
server.wait()
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for (dataset, method), rows in runs.groupby(["params.dataset", "params.method"]):
    points = rows.assign(level=rows["params.contamination"].astype(float)).sort_values("level")
    axis.plot(points["level"], points["metrics.average_precision_mean"], "o-", label=f"{method}, {dataset}")
axis.set(xlabel="params.contamination", ylabel="metrics.average_precision_mean", ylim=(0, 1))
axis.legend()
