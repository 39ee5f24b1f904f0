"""A user's own table from end to end: its columns, a detector fitted on it, a model folder, scores of new rows.

Here a label says less than in a benchmark: 1 is an anomaly somebody has found, everything else is a row nobody has
looked at. Pure rooms compute; what is printed is decided in ``bench.app``.
"""
