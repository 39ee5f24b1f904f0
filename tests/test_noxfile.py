"""Where the sessions take torch from: PyTorch's CPU index where it answers, else pip's own, unless a variable says."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

nox = pytest.importorskip("nox", reason="nox is in the dev extra")
import noxfile  # noqa: E402

FROM_INDEX = (noxfile.TORCH, "--index-url", noxfile.CPU_INDEX)
AS_CONFIGURED = (noxfile.TORCH,)


class Pip:
    """Stands in for a session: notes what is installed and run, and fails for what cannot be had."""

    def __init__(self, *failing: tuple[str, ...]) -> None:
        self.failing = failing
        self.asked: list[tuple[str, ...]] = []
        self.warned: list[str] = []
        self.ran: list[tuple[str, ...]] = []
        self.env: dict[str, str] = {}

    def install(self, *arguments: str) -> None:
        assert arguments[-1] == "--no-compile"  # what pip compiles takes longer than the rest of an installation
        arguments = arguments[:-1]
        self.asked.append(arguments)
        if arguments in self.failing:
            raise nox.command.CommandFailed("no matching distribution")

    def run(self, *words: str) -> None:
        self.ran.append(words)

    def warn(self, text: str) -> None:
        self.warned.append(text)


def never(address: str) -> bool:
    raise AssertionError(f"{address} was asked")


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv(noxfile.TORCH_VARIABLE, raising=False)
    monkeypatch.setattr(noxfile.sys, "platform", "linux")
    return monkeypatch


def test_the_cpu_index_comes_first_where_it_answers() -> None:
    assert noxfile.torch_sources({}, "linux", lambda address: True) == [FROM_INDEX, AS_CONFIGURED]
    assert noxfile.torch_sources({}, "linux", lambda address: False) == [AS_CONFIGURED]


def test_elsewhere_the_usual_build_has_no_gpu_libraries() -> None:
    assert noxfile.torch_sources({}, "darwin", never) == [AS_CONFIGURED]


def test_one_variable_overrides_and_asks_nobody() -> None:
    variable = noxfile.TORCH_VARIABLE
    mirror = "https://mirror.example/whl/cu126"
    assert noxfile.torch_sources({variable: mirror}, "linux", never) == [(noxfile.TORCH, "--index-url", mirror)]
    assert noxfile.torch_sources({variable: "pip"}, "linux", never) == [AS_CONFIGURED]
    assert noxfile.torch_sources({variable: " "}, "linux", lambda address: False) == [AS_CONFIGURED]


def test_an_index_without_the_build_falls_back_and_says_so(linux: pytest.MonkeyPatch) -> None:
    linux.setattr(noxfile, "_reachable", lambda address: True)
    session = Pip(FROM_INDEX)
    noxfile.install_torch(session)  # type: ignore[arg-type]
    assert session.asked == [FROM_INDEX, AS_CONFIGURED]
    assert noxfile.CPU_INDEX in session.warned[0]


def test_the_first_source_that_has_it_is_enough(linux: pytest.MonkeyPatch) -> None:
    linux.setattr(noxfile, "_reachable", lambda address: True)
    session = Pip()
    noxfile.install_torch(session)  # type: ignore[arg-type]
    assert (session.asked, session.warned) == ([FROM_INDEX], [])


def test_an_override_that_fails_is_an_error(linux: pytest.MonkeyPatch) -> None:
    mirror = "https://mirror.example/simple"
    linux.setenv(noxfile.TORCH_VARIABLE, mirror)
    with pytest.raises(nox.command.CommandFailed):
        noxfile.install_torch(Pip((noxfile.TORCH, "--index-url", mirror)))  # type: ignore[arg-type]


def test_an_address_that_does_not_answer_is_not_reachable() -> None:
    noxfile._reachable.cache_clear()
    assert not noxfile._reachable("http://127.0.0.1:9/whl")


def test_the_pythons_of_the_wheel_session_are_those_that_are_promised() -> None:
    from tests.test_packaging import PROJECT

    promised = {text.rpartition(" ")[2] for text in PROJECT["project"]["classifiers"] if ":: Python :: 3." in text}
    assert set(noxfile.PYTHONS) == promised


def test_a_commit_is_held_to_what_the_lint_session_checks() -> None:
    """The hooks' commands are the session's; a hook gets the names of files where the session says ``.``."""
    yaml = pytest.importorskip("yaml", reason="pre-commit of the dev extra brings it")
    session = Pip()
    noxfile.lint.func(session)
    config = yaml.safe_load((pathlib.Path(noxfile.__file__).parent / ".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"].replace(" --force-exclude", "") for repo in config["repos"] for hook in repo["hooks"]]
    assert hooks == [" ".join(word for word in words if word != ".") for words in session.ran]


def test_the_docstring_check_is_not_empty() -> None:
    file, _, word = noxfile.DOCSTRINGS
    text = (pathlib.Path(noxfile.__file__).parent / file).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("def test_") and word in line]
