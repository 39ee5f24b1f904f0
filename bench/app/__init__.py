"""The commands of ``mnp-bench``: they read words and call the rooms."""
