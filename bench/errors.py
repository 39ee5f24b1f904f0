"""Every trouble a user can mend, one class per kind.

BenchError
|- UnknownName      a dataset, method, suite or parameter that is not registered
|- ConfigError      a suite file or command line that cannot be understood
|- DataError        data that are missing, broken, changed or unfit for the scenario
|- StoreError       a results folder that cannot be read, written or is in use
|- MissingExtra     an optional library that is not installed
|- TrackingError    the tracking server cannot be reached
"""

from __future__ import annotations

from collections.abc import Iterable

from bench.near_matches import near_matches


class BenchError(Exception):
    """Base of all errors whose message is meant for the user: what is wrong and what to do."""


class UnknownName(BenchError):
    """A name that is not registered; the message lists the near matches.

    Parameters
    ----------
    what : str
        What kind of thing it should name: ``"dataset"``, ``"method"``.
    name : str
        The unknown name.
    known : iterable of str
        All names of that kind.
    """

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = near_matches(name, names)
        hint = f"did you mean {_listed(near)}?" if near else f"known: {_listed(names[:12])}"
        more = " ..." if not near and len(names) > 12 else ""
        super().__init__(f"unknown {what} {name!r}; {hint}{more}")


def _listed(names: Iterable[str]) -> str:
    """Names after one another; one with blanks at its ends, which nobody would see, in quotes."""
    return ", ".join(name if name == name.strip() and name else repr(name) for name in names)


class ConfigError(BenchError):
    """A suite file or command line that cannot be understood."""


class DataError(BenchError):
    """Data that are missing, broken, changed, or unfit for the scenario asked."""


class StoreError(BenchError):
    """A results folder that cannot be read, written, or is in use by another run."""


class MissingExtra(BenchError):
    """An optional library that is not installed; the message names the pip command."""


class TrackingError(BenchError):
    """The tracking server cannot be reached or refuses."""


#: What pip calls packages that are imported under another name.
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}


def not_installed(error: ModuleNotFoundError) -> str:
    """A package that is missing as one sentence: which, and how to get it.

    Parameters
    ----------
    error : ModuleNotFoundError
        With the name of the module that was looked for.
    """
    package = (error.name or str(error)).partition(".")[0]
    return f"the package {package} is not installed here: pip install {DISTRIBUTIONS.get(package, package)}"
