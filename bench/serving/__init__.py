"""Serving: results folders shown on a local port, read-only, also while a run fills them."""
