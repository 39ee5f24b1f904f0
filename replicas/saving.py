"""A fitted detector in one safetensors file: numbers and JSON only, so that loading runs no code of the file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

#: Raised when files written before can no longer be read, as when parameters got other names.
FORMAT = "mnp-bench detector 2"


def save(detector: Any, path: str | os.PathLike[str]) -> Path:
    """Write a fitted detector: its parameters, weights, scaling and every fitted attribute.

    Parameters
    ----------
    detector : a fitted replicated detector
    path : the file; replaced whole or not at all

    Returns
    -------
    Path

    Raises
    ------
    NotFittedError
        Nothing to save yet.
    TypeError
        An attribute is neither numbers, text, nor a dict or list of them.
    """
    from safetensors.torch import save_file

    check_is_fitted(detector, "weights_")
    arrays: dict[str, torch.Tensor] = {}
    params = detector.get_params(deep=False)
    fitted = {name: value for name, value in vars(detector).items() if name not in params}
    content = {
        "format": FORMAT,
        "class": type(detector).__name__,
        "params": params,
        "fitted": {name: _packed(value, name, arrays) for name, value in fitted.items()},
    }
    target = Path(path)
    unfinished = target.with_name(target.name + ".part")
    save_file(arrays, unfinished, metadata={"detector": json.dumps(content)})
    os.replace(unfinished, target)
    return target


def load(detector_class: type, path: str | os.PathLike[str]) -> Any:
    """Read a detector of class ``detector_class`` that ``save`` wrote; its scores are the same bits.

    Raises
    ------
    ValueError
        The file is missing, damaged, of another program, or holds another class.
    """
    from safetensors import SafetensorError, safe_open

    source = Path(path)
    if not source.is_file():
        raise ValueError(f"there is no file {source}; save a fitted {detector_class.__name__} there first")
    try:
        with safe_open(source, framework="pt") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a mapping
            content = json.loads((file.metadata() or {}).get("detector", "{}"))
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"{source} is not a whole detector file ({error}); save the detector again") from error
    written = content.get("format")
    if isinstance(written, str) and written != FORMAT and written.startswith(FORMAT.rstrip("0123456789")):
        raise ValueError(f"{source} is of another version ({written}; this one has {FORMAT}); fit and save it again")
    if written != FORMAT:
        raise ValueError(f"{source} was not written by this program's save(); only such files can be loaded")
    if content["class"] != detector_class.__name__:
        raise ValueError(
            f"{source} holds a {content['class']}, not a {detector_class.__name__}; load it with that class"
        )
    # JSON has no tuples; parameters that are sequences are tuples throughout
    detector = detector_class(**{name: tuple(v) if isinstance(v, list) else v for name, v in content["params"].items()})
    for name, value in content["fitted"].items():
        setattr(detector, name, _unpacked(value, arrays))
    return detector


def _packed(value: Any, name: str, arrays: dict[str, torch.Tensor]) -> Any:
    """JSON for a value; arrays go to ``arrays`` under their path and leave a reference."""
    if isinstance(value, torch.Tensor):
        arrays[name] = value.contiguous().clone()
        return {"tensor": name}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        arrays[name] = torch.from_numpy(np.ascontiguousarray(value).copy())
        return {"array": name, "shape": list(value.shape)}
    if isinstance(value, np.ndarray):
        return {"texts": [str(item) for item in value]}
    if isinstance(value, Mapping):
        pairs = [[key, _packed(item, f"{name}.{key}", arrays)] for key, item in value.items()]
        return {"pairs": pairs}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"attribute {name} ({type(value).__name__}) cannot be saved as numbers and text")


def _unpacked(value: Any, arrays: Mapping[str, torch.Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return arrays[value["tensor"]]
    if "array" in value:
        return arrays[value["array"]].numpy().reshape(value["shape"])
    if "texts" in value:
        return np.array(value["texts"], dtype=object)
    return {key: _unpacked(item, arrays) for key, item in value["pairs"]}
