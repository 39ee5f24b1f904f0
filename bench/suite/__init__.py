"""A suite file (TOML) becomes a validated Experiment."""
