"""Every replicated method with parameters that train it briefly: bits part company in the first steps or not at all."""

from typing import Any

BRIEF: dict[str, dict[str, Any]] = {
    "deep-sad": {"epochs": 2, "pretraining_epochs": 2},
    "devnet": {"epochs": 2, "steps_per_epoch": 3},
    "feawad": {"epochs": 2, "steps_per_epoch": 3, "pretraining_epochs": 2},
    "mnp": {"epochs": 2, "steps_per_epoch": 3, "pretraining_epochs": 2},
    "mnp-plus": {"n_estimators": 20, "steps": 20, "n_init": 1},
    "overlap": {"epochs": 2},
    "prenet": {"epochs": 2, "steps_per_epoch": 3},
    "repen": {"epochs": 2, "steps_per_epoch": 3},
    "rosas": {"epochs": 2, "steps_per_epoch": 3},
    "soel": {"epochs": 2},
    "wsad-dt": {"epochs": 2, "max_steps_per_epoch": 3},
}
