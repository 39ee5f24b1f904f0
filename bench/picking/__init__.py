"""Which detector for a user's table: evidence from its own labels, joined with what the reference says of such tables.

``few`` holds out labelled anomalies fold by fold and ranks them among unlabelled rows; ``known`` has the truth of every
row and simulates few labels as the suites do; ``joining`` weighs evidence and reference and names a method.
"""
