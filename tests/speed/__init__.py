"""Speed: a run in a group of 32 against the same method's ordinary loop of one run. ``nox -s speed``."""
