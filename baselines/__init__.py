"""The competitors: one file per method, cards in methods.toml.

``replicas`` comes first so that MKL's code path is pinned before any of them imports torch.
"""

import replicas  # noqa: F401
