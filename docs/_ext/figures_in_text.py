"""Figures that pages quote as ``{{ name }}``, read from the committed runs and cards when the site is built."""

from __future__ import annotations

import evidence
import pandas as pd
from markdown import number, signed

from bench.datasets import registry
from bench.methods import specs


def substitutions() -> dict[str, str]:
    """Every figure by its name."""
    thyroid = registry.card("adbench/38_thyroid")
    assert thyroid.rows and thyroid.anomalies
    share = thyroid.anomalies / thyroid.rows
    mean = evidence.comparison()
    speed = pd.read_csv(evidence.REFERENCE / "speed" / "speed.csv")
    authors = pd.read_csv(evidence.REFERENCE / "parity" / "mnp_published.csv")
    printed = pd.read_csv(evidence.REFERENCE / "parity" / "adbench_published.csv")
    pooled = printed[printed["labels %"].astype(str) == "all"]
    deepod = pd.read_csv(evidence.REFERENCE / "parity" / "deepod_beside.csv")
    deepod = deepod[deepod.dataset == "mean"].set_index("method")
    tests = pd.read_csv(evidence.REFERENCE / evidence.MAIN / "tables" / "tests.csv").iloc[0]
    roc, precision = (_of_thyroid(metric) for metric in ("auc_roc", "average_precision"))
    return {
        "methods": str(len(specs())),
        "thyroid_rows": f"{thyroid.rows:,}",
        "thyroid_anomalies": str(thyroid.anomalies),
        "thyroid_share": f"{100 * share:.1f}%",
        "thyroid_accuracy": f"{100 * (1 - share):.1f}%",
        "thyroid_chance": number(share),
        "thyroid_iforest_roc": number(roc),
        "thyroid_iforest_ap": number(precision),
        "compared": str(int(mean.rank.notna().sum())),
        "datasets": str(mean.mean.shape[1]),
        "seeds": str(evidence.rows().seed.nunique()),
        "families": str(int(tests.families)),
        "pairs": str(int(mean.rank.notna().sum()) * (int(mean.rank.notna().sum()) - 1) // 2),
        "gain_least": f"{speed.ratio.min():.1f}",
        "gain_most": f"{speed.ratio.max():.1f}",
        "authors_sets": str(len(authors)),
        "authors_difference": signed(authors.difference.mean()),
        "authors_faster": f"{(authors['seconds theirs'] / authors['seconds ours']).median():.0f}",
        "printed_methods": str(len(pooled)),
        "printed_within_1": str(int((pooled.difference.abs() < 1).sum())),
        "repen_difference": signed(float(pooled.set_index("method").difference["repen"]), 1),
        "deepod_devnet": number(float(deepod.theirs["devnet"])),
        "deepod_devnet_ours": number(float(deepod.ours["devnet"])),
        "deepod_feawad": number(float(deepod.theirs["feawad"])),
        "deepod_feawad_ours": number(float(deepod.ours["feawad"])),
    }


def _of_thyroid(metric: str) -> float:
    rows = evidence.rows()
    chosen = rows[(rows.dataset == "adbench/38_thyroid") & (rows.method == "iforest") & (rows.status == "ok")]
    return float(chosen[metric].mean())
