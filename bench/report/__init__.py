"""Tables, statistics, figures and the page of a run, built from the store alone."""
