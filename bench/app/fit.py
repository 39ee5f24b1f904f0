"""``mnp-bench fit``: a detector for the user's own table, saved as a model folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.report.words import count
from bench.usertable.contamination import LEAST_LABELS, sentence
from bench.usertable.folder import check_place, save
from bench.usertable.model import Model, fit, require_savable, require_share
from bench.usertable.training import load_table


def parsed_types(text: str | None) -> dict[str, str]:
    """``zip=category,age=number`` as a mapping.

    Raises
    ------
    ConfigError
    """
    from bench.errors import ConfigError

    if text is None:
        return {}
    pairs = [pair.rpartition("=") for pair in text.split(",")]
    wrong = [name + type_ for name, mark, type_ in pairs if not mark]
    if wrong:
        raise ConfigError(f"--types {wrong[0]!r}: write column=number or column=category, with commas between them")
    return {name.strip(): type_.strip() for name, _, type_ in pairs}


def fit_and_save(
    path: str,
    folder: str,
    method: str,
    seed: int,
    alert_rate: float,
    say: Callable[[str], None],
    label: str | None = None,
    anomaly: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    types: dict[str, str] | None = None,
    estimate_contamination: bool = False,
) -> Model:
    """Read a table, fit a method on it and save the model; every reading of the table is told by ``say``.

    What cannot end well (the method cannot be saved, something else lies in the folder) is refused before the work.
    """
    require_savable(method)
    require_share(alert_rate)
    check_place(Path(folder))
    table = load_table(path, label, anomaly, drop, types)
    for note in table.notes:
        say(note)
    model = fit(table, method, seed, alert_rate, estimate_contamination)
    save(model, folder)
    rows, width = table.X.shape
    labelled = count(int(table.y.sum()), "labelled anomaly", "labelled anomalies")
    say(f"fitted {method} on {count(rows, 'row')} x {count(width, 'feature')}, {labelled}")
    say(
        f"a row is an alert above score {model.threshold:.6g}: at most {100 * alert_rate:g}% of the unlabelled "
        "training rows are; a budget given to score overrides it"
    )
    if model.contamination is not None:
        say(sentence(model.contamination))
    elif estimate_contamination:
        say(f"the contamination cannot be estimated from fewer than {LEAST_LABELS} labelled anomalies")
    return model
