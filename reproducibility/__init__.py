"""What makes a number repeatable: the environment of every process that computes, and named random streams.

Both the harness (``bench``) and the training engine (``replicas``) stand on this room; it imports neither.
"""
