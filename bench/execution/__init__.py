"""Tasks -> records: workers, children that can be killed, the fit itself, metrics and progress."""
