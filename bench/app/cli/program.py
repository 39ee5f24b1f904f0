"""The program: exit codes, errors as one line, and the entry point."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

FAILED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 1, 2, 3, 130
#: Commands whose work is in files: what they print can be lost without losing anything.
WORK_IN_FILES = ("run", "report", "track", "fetch", "inspect", "bundle", "leaderboard")


class Commands(TyperGroup):
    """Errors meant for the user, and those of the system, become one line and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command chosen."""
        from bench.app import edge
        from bench.errors import BenchError

        try:
            return super().invoke(ctx)
        except BenchError as error:
            stop(str(error), BAD_INPUT)
        except edge.OF_THE_SYSTEM as error:
            if not edge.of_the_system(error):
                raise
            stop(edge.sentence(error), BAD_INPUT)
        except KeyboardInterrupt:
            stop("interrupted; what was finished is stored, the same command goes on from there", INTERRUPTED)


app = typer.Typer(
    name="mnp-bench",
    cls=Commands,
    help="Benchmark suite and reproducibility harness for weakly supervised anomaly detection.",
    epilog="Exit codes: 0 done, 1 some cells failed or differ, 2 bad input, 3 all cells done but not the report or "
    "MLflow, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Entry point of the program."""
    from bench.app import edge

    streams = edge.guard_streams()
    try:
        app(prog_name="mnp-bench")
    except SystemExit as end:
        lost, code = edge.lost_output(streams), edge.exit_code(end)
        if lost:
            typer.echo(f"mnp-bench: {lost}", err=True)
        only_printed = not set(WORK_IN_FILES) & set(sys.argv[1:2])
        sys.exit(BAD_INPUT if lost and only_printed and not code else code)


def stop(sentence: str, code: int) -> NoReturn:
    """End the program with one sentence on standard error and an exit code."""
    typer.echo(f"mnp-bench: {sentence}", err=True)
    sys.exit(code)
