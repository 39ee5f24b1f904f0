"""Datasets: one registry, one file per source.

``registry`` lists and loads; ``bundled``, ``adbench``, ``typed`` and ``synthetic`` are the sources it knows,
``table`` reads a user's own file, ``fetch`` downloads, ``describe`` prints a dataset's card.
"""
