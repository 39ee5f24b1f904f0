"""The training engine: many small networks trained as one program, bit for bit as if alone.

Every parameter carries a leading replica axis. A run's result depends on its own rows, labels and
seed only: not on the width of its group, its position in it, or when companions finish. The rules
that make this true are kept in ``exact`` (vector tails), ``parameters`` (alignment), ``training``
(padding, per-run streams) and ``environment`` (MKL's code path); tests/replicas checks them.

The engine knows nothing of anomaly detection beyond (X, y, index).
"""

from reproducibility import environment

environment.prepare()
