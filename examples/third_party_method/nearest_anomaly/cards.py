"""What MNP-Bench reads to list the method; plain data, so that listing imports no library."""

CARDS = {
    "nearest-anomaly": {
        "title": "Nearest anomaly",
        "family": "weak",
        "year": 2026,
        "citation": "A worked example of MNP-Bench, examples/third_party_method.",
        "factory": "nearest_anomaly.detector:NearestAnomaly",
        "deviations": "none: the example is its own source",
        "seconds": 0.05,
    },
}
