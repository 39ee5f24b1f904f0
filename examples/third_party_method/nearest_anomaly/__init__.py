"""Nearness to a labelled anomaly, as a method of MNP-Bench that lives in a package of its own."""
