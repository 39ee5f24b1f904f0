"""``mnp-bench score``: scores, ranks and alerts of new rows by a saved model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.app.explained import check_figure, tell_explained
from bench.datasets.layout import layout_of, table_path
from bench.errors import ConfigError
from bench.report.words import count
from bench.usertable.contamination import LEAST_LABELS, percent
from bench.usertable.contamination import sentence as contamination_sentence
from bench.usertable.folder import ModelWarning, load
from bench.usertable.incoming import check
from bench.usertable.model import Model
from bench.usertable.stream import Budget, Scored, score, write

Say = Callable[[str], None]
#: Of files that scores are written to; .txt is CSV too.
SUFFIXES = (".csv", ".txt", ".parquet", ".pq")
#: What is typed for the model's own estimate of the contamination.
ESTIMATE = "estimate"


def score_file(
    model_folder: str,
    path: str,
    out: str,
    budget: Budget,
    id_column: str | None,
    say: Say,
    explained: int = 0,
    estimated: bool = False,
    figure: str | None = None,
) -> None:
    """Check the file, score it, write the result; what is told goes to ``say``, progress to standard error.

    With ``estimated`` the rows that are alerts follow from the contamination that the model was fitted to expect.
    Of the ``explained`` highest rows the causes are told, written beside the scores as ``NAME.explained.csv``, and
    drawn to ``figure``.
    """
    target = Path(out)
    if target.is_dir():
        raise ConfigError(f"--out {out} is a folder; name a file, such as {target / 'scores.csv'}")
    if target.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"--out {out}: scores are written as .csv or .parquet; end the name in one of these")
    file = table_path(path)
    if target.exists() and target.samefile(file):
        raise ConfigError(f"--out {out} is the file to be scored; name another one")
    pictures = check_figure(figure, explained)
    model = _loaded(model_folder, say)
    if estimated:
        budget = _estimated(model, model_folder, say)
    with progress("checked") as tell:
        incoming = check(file, layout_of(file), model.schema, id_column, tell)
    for note in incoming.notes:
        say(note)
    with progress("scored", incoming.rows) as tell:
        scored = score(model, incoming, budget, id_column, explained, tell)
    write(scored, target, id_column)
    alerts = int(scored.alert.sum())
    say(f"{count(incoming.rows, 'row')} scored by {model.method}, {alerts} of them alerts; written to {out}")
    if budget.contamination is not None:
        say(_told_of_contamination(model, scored, budget.contamination, estimated))
    if explained:
        tell_explained(model, scored, target, pictures, say)


def budget_of(alerts: int | None, alert_rate: float | None, contamination: str | None) -> tuple[Budget, bool]:
    """The budget as it is typed, and whether the model's own estimate of the contamination is asked for.

    Raises
    ------
    ConfigError
    """
    if contamination == ESTIMATE:
        if alerts is not None or alert_rate is not None:
            raise ConfigError("--contamination and --alerts or --alert-rate all say which rows are alerts; give one")
        return Budget(), True
    try:
        share = None if contamination is None else float(contamination)
    except ValueError:
        raise ConfigError(f"--contamination {contamination!r}: give a share such as 0.02, or {ESTIMATE}") from None
    return Budget(alerts, alert_rate, share), False


def _estimated(model: Model, folder: str, say: Say) -> Budget:
    expected = model.contamination
    if expected is None:
        raise ConfigError(
            f"{folder} holds no estimate of the contamination; fit it with --estimate-contamination (and at least "
            f"{LEAST_LABELS} labelled anomalies), or give --contamination a number"
        )
    say(contamination_sentence(expected))
    return Budget(contamination=min(expected.estimate, 1 - 1e-9))


def _told_of_contamination(model: Model, scored: Scored, share: float, own: bool) -> str:
    threshold = model.threshold_at(share)
    told = f"alerts score above {threshold:.6g}, as {percent(share)} of the unlabelled training rows do"
    if own and model.contamination is not None:
        most = int((scored.scores > model.threshold_at(model.contamination.high)).sum())
        told += f"; at the upper end of the interval {most} rows would be alerts"
    return told


def _loaded(folder: str, say: Say) -> Model:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ModelWarning)
        model = load(folder)
    for warning in caught:
        if issubclass(warning.category, ModelWarning):
            say(f"warning: {warning.message}")
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return model


@contextmanager
def progress(word: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A line of progress on standard error, with the time left where the number of rows is known."""
    from bench.app.bars import bar

    options = {"unit": " rows", "unit_scale": True, "mininterval": 1.0, "delay": 1.0, "leave": False}
    with bar(False, desc=word, total=total, **options) as shown:
        yield lambda done: shown.update(done - shown.n) and None
