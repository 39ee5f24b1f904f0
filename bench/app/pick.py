"""``mnp-bench pick`` and ``bench.pick``: which detector for the user's own table, with how much certainty."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.errors import ConfigError, UnknownName
from bench.methods import get, specs
from bench.picking.candidates import candidates
from bench.picking.few import MOST_UNLABELLED, pick_few
from bench.picking.known import MOST_ROWS, pick_known
from bench.picking.modes import Mode, mode_of
from bench.picking.page import NAME, write
from bench.picking.picked import Picked, sentences
from bench.usertable.formats import why_not_saved
from bench.usertable.model import ALERT_RATE, require_share
from bench.usertable.training import Table, load_table, require_table

MINUTES = 10.0


def pick(
    table: Table,
    mode: Mode | None = None,
    methods: Sequence[str] = (),
    minutes: float = MINUTES,
    alert_rate: float = ALERT_RATE,
    seed: int = 0,
    out: str | None = None,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> Picked:
    """Find a detector for a table, and say how sure that is.

    Parameters
    ----------
    table : Table
        From ``load_table``.
    mode : {"known", "few"}, optional
        None = as the labels are: ``known`` if every row says 1 or a word for normal, ``few`` if everything but 1 is
        unlabelled.
    methods : sequence of str
        To compare; () = a short list of strong and cheap ones.
    minutes : float
        No method is begun that would take the time beyond this; the cheapest go first.
    alert_rate : float in (0, 1)
        Share of rows that can be looked at.
    seed : int
        Deals the folds and seeds the methods (mode few).
    out : str, optional
        Folder for the page ``pick.html`` and, in mode known, all results; None = no page, results are not kept.
    jobs : int
        Worker processes (mode known).
    tell : callable
        Told what is being done.

    Returns
    -------
    Picked
        ``method`` is the choice; ``print`` shows three sentences.

    Raises
    ------
    UnknownName, ConfigError, DataError
    """
    require_table(table)
    mode = asked_mode(mode)
    require_share(alert_rate)
    if not minutes > 0:
        raise ConfigError(f"minutes {minutes:g} is no time; give a number above 0")
    chosen, why = mode_of(table.label_rule, mode)
    tell(why)
    rows, features = table.X.shape
    names, left_out = candidates(methods, min(rows, MOST_UNLABELLED if chosen == "few" else MOST_ROWS), features)
    if chosen == "few":
        picked = pick_few(table, names, minutes, alert_rate, seed, left_out, tell)
    elif out is not None:
        picked = pick_known(table, names, minutes, alert_rate, Path(out), left_out, jobs, tell)
    else:
        with tempfile.TemporaryDirectory() as folder:
            picked = pick_known(table, names, minutes, alert_rate, Path(folder), left_out, jobs, tell)
    if out is not None:
        write(Path(out), picked, (*table.notes, why))
    return picked


def asked_mode(text: str | None) -> Mode | None:
    """The mode as it is typed.

    Raises
    ------
    UnknownName
    """
    modes: dict[str | None, Mode | None] = {None: None, "known": "known", "few": "few"}
    if text not in modes:
        raise UnknownName("mode", str(text), ("known", "few"))
    return modes[text]


def pick_file(
    path: str,
    say: Callable[[str], None],
    label: str | None = None,
    mode: Mode | None = None,
    methods: Sequence[str] = (),
    minutes: float = MINUTES,
    alert_rate: float = ALERT_RATE,
    seed: int = 0,
    out: str | None = None,
    jobs: int = 1,
    anomaly: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    types: dict[str, str] | None = None,
) -> Picked:
    """``pick`` for a file, everything told by ``say``, the page written to ``out``."""
    target = Path(out or f"results/pick-{Path(path).name.partition('.')[0]}")
    if target.is_file():
        raise ConfigError(f"--out {target} is a file; name a folder")
    require_share(alert_rate)
    table = load_table(path, label, anomaly, drop, types)
    for note in table.notes:
        say(note)
    picked = pick(table, mode, methods, minutes, alert_rate, seed, str(target), jobs, say)
    for name, reason in picked.left_out.items():
        say(f"left out: {name}: {reason}")
    for note in picked.notes:
        say(note)
    for sentence in sentences(picked):
        say(sentence)
    if why_not_saved(get(picked.method), specs()):
        say(f"the page: {target / NAME}; {picked.method} can be fitted in Python, but not saved: bench.fit")
        return picked
    words = ("mnp-bench", "fit", path, "--label", picked.label, "--method", picked.method, "--save", "model/")
    say(f"the page: {target / NAME}; next: {shlex.join(words)}")
    return picked
