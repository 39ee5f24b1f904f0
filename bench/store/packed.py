"""A bundle's rows made small, and made whole again to the bit; of times and memory three digits stay.

A key is a hash, so it takes 32 bytes whatever is done to it: two fifths of a row. Where what it is a hash of is known
(the recipe: method, parameters, code), the key is left out and made again. A column that equals another is stored once,
and a metric that counts as fractions (``bench.store.fractions``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from bench.json_values import json_text
from bench.store.fractions import fractions, values_of
from bench.store.schema import FIXED, metric_names, ordered

#: Measured anew by every run, so more digits say nothing.
MEASURED = ("fit_seconds", "score_seconds", "peak_memory_mb")
DIGITS = 3
#: Added to the power of ten in a measured number's code.
SHIFT = 20
#: The largest power of ten that a code holds; nothing lasts 3,000 years.
LARGEST = 11
RECIPE = "recipe"
#: Under this name the parquet file holds recipes, names of tables and equal columns.
NOTE = b"mnp-bench"
#: What rows of one cell up to the seed share.
CELL = ("dataset", "dataset_sha256", "scenario", "method", "params")


@dataclass(frozen=True)
class Recipe:
    """What the keys of a method with its parameters are made of, beside data, scenario and seed.

    Attributes
    ----------
    method, params : str
        As in the rows.
    content : mapping
        The rest of ``bench.planning.identity.content``.
    """

    method: str
    params: str
    content: Mapping[str, Any]


def pack(rows: pa.Table, recipes: Sequence[Recipe] = (), tables: Collection[str] = ()) -> pa.Table:
    """The rows as a bundle stores them.

    Parameters
    ----------
    rows : pyarrow.Table
        Columns as in ``bench.store.schema``, without those per test row.
    recipes : sequence of Recipe
        Keys that none of them gives are stored as they are.
    tables : collection of str
        Datasets whose name is part of the key: the user's own.
    """
    own = sorted(set(rows["dataset"].to_pylist()) & set(tables))
    chosen = _chosen(rows, recipes, own)
    used = sorted({number for number in chosen if number >= 0})
    same = _same(rows)
    counted = _counted(rows, [name for name in metric_names(rows.column_names) if name not in same])
    told = {
        "recipes": [asdict(recipes[number]) for number in used], "tables": own, "same": same, "fractions": [*counted],
    }  # fmt: skip
    keys = [key if number < 0 else "" for key, number in zip(rows["cell"].to_pylist(), chosen, strict=True)]
    columns = {name: rows[name] for name in rows.column_names if name not in same}
    for name, pieces in counted.items():
        columns |= {name: pieces[0], **dict(zip(_fraction_columns(name), pieces[1:], strict=True))}
    columns |= {name: pa.array([_code(value) for value in rows[name].to_pylist()], pa.int16()) for name in MEASURED}
    columns["cell"] = pa.array(keys, pa.string())
    columns[RECIPE] = pa.array([used.index(number) if number >= 0 else -1 for number in chosen], pa.int16())
    return pa.table(columns).replace_schema_metadata({NOTE: json_text(told)})


def unpack(packed: pa.Table) -> pa.Table:
    """The rows that ``pack`` was given.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError
        It is nothing that ``pack`` makes.
    """
    told = json.loads((packed.schema.metadata or {})[NOTE])
    recipes = [Recipe(**recipe) for recipe in told["recipes"]]
    rows = packed
    for name in told["fractions"]:
        whole = values_of(*(rows[part].to_numpy() for part in _fraction_columns(name)))
        is_fraction = rows[_fraction_columns(name)[1]].to_numpy() > 0
        rows = _replaced(rows, name, pa.array(np.where(is_fraction, whole, rows[name].to_numpy())))
        rows = rows.drop_columns(list(_fraction_columns(name)))
    for name, other in told["same"].items():
        rows = rows.append_column(name, rows[other])
    for name in MEASURED:
        codes = rows[name].to_pylist()
        values = {code: _value(code) for code in set(codes)}
        rows = _replaced(rows, name, pa.array([values[code] for code in codes], FIXED[name]))
    whole = _replaced(rows, "cell", pa.array(_keys(rows, recipes, told["tables"]), pa.string()))
    return whole.select(ordered(set(whole.column_names) - {RECIPE})).replace_schema_metadata(None)


def packed_types(schema: pa.Schema) -> dict[str, pa.DataType]:
    """The type that each column of packed rows must have, by name.

    Raises
    ------
    ValueError, TypeError, KeyError
        It is no schema that ``pack`` makes.
    """
    told = json.loads((schema.metadata or {})[NOTE])
    small = dict.fromkeys((*MEASURED, RECIPE), pa.int16())
    for name in told["fractions"]:
        small |= dict(zip(_fraction_columns(name), (pa.int32(), pa.int32(), pa.int8()), strict=True))
    return {name: data_type for name, data_type in {**FIXED, **small}.items() if name not in told["same"]}


def _chosen(rows: pa.Table, recipes: Sequence[Recipe], tables: Sequence[str]) -> list[int]:
    """For each row the number of the recipe that gives its key, -1 for none."""
    candidates: dict[tuple[str, str], list[int]] = {}
    for number, recipe in enumerate(recipes):
        candidates.setdefault((recipe.method, recipe.params), []).append(number)
    keys, seeds = rows["cell"].to_pylist(), rows["seed"].to_pylist()
    chosen = [-1] * rows.num_rows
    for (dataset, sha256, scenario, method, params), numbers in _groups(rows).items():
        for candidate in candidates.get((method, params), ()):
            text = _around(recipes[candidate], dataset if dataset in tables else "", sha256, scenario)
            for number in numbers:
                if chosen[number] < 0 and _key(text, seeds[number]) == keys[number]:
                    chosen[number] = candidate
    return chosen


def _keys(rows: pa.Table, recipes: Sequence[Recipe], tables: Sequence[str]) -> list[str]:
    keys: list[str] = rows["cell"].to_pylist()
    seeds, chosen = rows["seed"].to_pylist(), rows[RECIPE].to_pylist()
    for (dataset, sha256, scenario, method, params), numbers in _groups(rows).items():
        for candidate in sorted({chosen[number] for number in numbers} - {-1}):
            recipe = recipes[candidate]
            if candidate < 0 or (recipe.method, recipe.params) != (method, params):
                raise ValueError(f"a recipe of {recipe.method} for {method}")
            text = _around(recipe, dataset if dataset in tables else "", sha256, scenario)
            for number in numbers:
                if chosen[number] == candidate:
                    keys[number] = _key(text, seeds[number])
    return keys


def _groups(rows: pa.Table) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, name in enumerate(zip(*(rows[column].to_pylist() for column in CELL), strict=True)):
        groups.setdefault(name, []).append(number)
    return groups


def _around(recipe: Recipe, table: str, sha256: str, scenario: str) -> tuple[str, str]:
    """The canonical JSON of a cell's content before and after its seed."""
    own = {"table": table} if table else {}
    content = {**recipe.content, **own, "dataset": sha256, "scenario": json.loads(scenario), "seed": 0}
    before, _, after = json_text(content).rpartition('"seed":0')
    return before, after


def _key(text: tuple[str, str], seed: int) -> str:
    return hashlib.sha256(f'{text[0]}"seed":{seed}{text[1]}'.encode()).hexdigest()


def _same(rows: pa.Table) -> dict[str, str]:
    """Metrics that hold what another holds that stays, by name."""
    first: dict[bytes, str] = {}
    same = {}
    for name in metric_names(rows.column_names):
        content = rows[name].combine_chunks().to_numpy(zero_copy_only=False).tobytes()
        other = first.setdefault(content, name)
        if other != name:
            same[name] = other
    return same


def _counted(rows: pa.Table, names: Sequence[str]) -> dict[str, tuple[pa.Array, ...]]:
    """For each metric most of whose values are fractions: the values that are none, numerators, denominators, steps."""
    counted = {}
    for name in names:
        values = rows[name].to_numpy()
        pieces = fractions(np.ascontiguousarray(values))
        if 2 * np.count_nonzero(pieces[1]) > len(values):
            counted[name] = tuple(pa.array(piece) for piece in (np.where(pieces[1] > 0, 0.0, values), *pieces))
    return counted


def _fraction_columns(name: str) -> tuple[str, str, str]:
    return f"{name}/numerator", f"{name}/denominator", f"{name}/steps"


def _replaced(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), name, values)


def _code(value: float | None) -> int | None:
    """Three digits and a power of ten as one small number; what has none is none."""
    if value is None or not math.isfinite(value) or value < 0:
        return None
    digits, power = f"{value:.{DIGITS - 1}e}".split("e")
    if int(power) < -SHIFT:
        return 1000 * SHIFT  # too short to be measured
    return 1000 * (int(power) + SHIFT) + int(digits.replace(".", "")) if int(power) <= LARGEST else None


def _value(code: int | None) -> float:
    return math.nan if code is None else float(f"{code % 1000}e{code // 1000 - SHIFT - DIGITS + 1}")
