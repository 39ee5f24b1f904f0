"""``mnp-bench serve``: results and running benchmarks in a browser of this machine."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    folder: Annotated[str, typer.Argument(metavar="[FOLDER]", help="Where results folders lie.")] = "results",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 = a free one.")] = 8484,
) -> None:
    """Show results on a local port, read-only, and follow a run while it goes on; Ctrl-C ends it."""
    from pathlib import Path

    from bench.serving.server import Server

    with Server(Path(folder), port) as server:
        typer.echo(f"{server.url} shows {folder}; only this machine can see it; Ctrl-C ends it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("ended")
