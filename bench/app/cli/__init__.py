"""The command line ``mnp-bench``: it reads words, the rooms do the work.

One file for each family of commands, in the order in which ``--help`` lists them. Every import beyond typer happens
inside a command, so that ``--help`` answers at once.
"""

from bench.app.cli.program import app, main

# each import registers its commands
from bench.app.cli import datasets, suites, repeats, results, own_table  # isort: skip

__all__ = ["app", "datasets", "main", "own_table", "repeats", "results", "suites"]
