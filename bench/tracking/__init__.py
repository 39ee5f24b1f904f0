"""The store mirrored into MLflow."""
