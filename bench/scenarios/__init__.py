"""Scenario -> Split: who is labelled, how much contamination, which anomaly types are unseen.

``protocols`` cuts the rows into parts, ``labels`` decides what a method may know of the training part,
``noise`` changes features; ``check`` finds what cannot be done before work starts.
"""

from bench.scenarios.canonical import canonical
from bench.scenarios.check import problems, problems_by_scenario
from bench.scenarios.draw import split
from bench.scenarios.labels import without_labels

__all__ = ["canonical", "problems", "problems_by_scenario", "split", "without_labels"]
