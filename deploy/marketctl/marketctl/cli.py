"""`marketctl`: runs and operates the whole."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from marketctl.layout import BusKind

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Runs and operates the market system.")


@app.command()
def run(
    bus: Annotated[str, typer.Option(help="embedded or kafka")] = "embedded",
    once: Annotated[bool, typer.Option(help="count and end, on a folder and ports of its own")] = False,
) -> None:
    """Start everything, do the sample days, verify, serve."""
    from marketctl.run import run as run_platform

    if bus not in ("embedded", "kafka"):
        typer.echo(f"BUS={bus} is not known: use embedded or kafka", err=True)
        raise typer.Exit(2)
    kind: BusKind = "kafka" if bus == "kafka" else "embedded"
    raise typer.Exit(run_platform(bus=kind, once=once))


@app.command()
def reset() -> None:
    """Wipe the data of `make run`."""
    from marketctl.run import reset as wipe

    raise typer.Exit(wipe())


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    sys.exit(app())
