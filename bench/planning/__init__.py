"""Experiment -> cells -> tasks, their identity, and every problem before any work."""
