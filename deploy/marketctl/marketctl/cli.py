"""`marketctl`: runs and operates the whole."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from marketctl.layout import BusKind
from shared.vocabulary.errors import SetupProblem
from shared.workshop.processes.problem import ProcessProblem, interrupts_kept, sentence_of

COMMANDS = {
    "token": "Print a development token of a role.",
    "verify": (
        "Check what must hold over the four databases; exit 1 where something doesn't, or while events are parked."
    ),
    "trace": "The whole flow of an id or number as one timeline.",
    "doctor": "What this machine and this run look like; exit 1 where something stands in the way.",
    "reconcile": (
        "Show what database and bus lack of each other; with --apply DIGEST propose it, or as a second person confirm."
    ),
    "parked": "Events that wait for a person.",
    "events": "What is on the topics.",
    "signing": "The keys that events are signed with.",
    "kafka": "Who may do what on the Kafka cluster.",
    "clock": "The business clock of a sandbox.",
    "db": "Migrations.",
    "keys": "The keys that seal personal data.",
    "secrets": "Make what a deployment keeps secret, each in a file of mode 0600; what is there is never written over.",
}
"""What `marketctl.operate` has, each in a module of its name, and what it is for."""


class _Unloaded(TyperCommand):
    """A command of `marketctl.operate`, loaded when it is used: all of them take a second to load."""

    def make_context(self, info_name: str | None, args: list[str], *told: Any, **more: Any) -> Any:
        return loaded(self.name or "").make_context(info_name, args, *told, **more)


def loaded(name: str) -> Any:
    """The command or group of commands itself."""
    found, group = getattr(import_module(f"marketctl.operate.{name}"), name), typer.Typer()
    if isinstance(found, typer.Typer):
        group.add_typer(found, name=name)
    else:
        group.command(name)(found)
    return typer.main.get_group(group).commands[name]


class Sentences(TyperGroup):
    """What stops a command is one sentence, its status 2 for what was said wrongly, 3 where nothing answers."""

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        # What starts the market comes first.
        for name, purpose in COMMANDS.items():
            self.add_command(_Unloaded(name, callback=lambda: None, help=purpose))

    def invoke(self, ctx: Any) -> Any:
        try:
            with interrupts_kept():
                return super().invoke(ctx)
        except Exception as error:
            if (told := _told(error)) is None:
                raise
            sentence, status = told
            typer.echo(sentence, err=True)
            raise typer.Exit(status) from error


def _told(error: Exception) -> tuple[str, int] | None:
    """The sentence and the exit status for what stopped a command; None for a fault of ours."""
    import psycopg
    from aiokafka.errors import KafkaConnectionError
    from sqlalchemy.exc import OperationalError

    if isinstance(error, SetupProblem):
        return str(error), 2
    if isinstance(error, PermissionError):
        return sentence_of(error), 2
    if isinstance(error, ProcessProblem):
        return str(error), 3
    said = next(iter(str(error).splitlines()), type(error).__name__)
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return f"a database's schema is not this version's: run `marketctl db upgrade` ({said})", 1
    if isinstance(error, psycopg.OperationalError | OperationalError | ConnectionRefusedError | KafkaConnectionError):
        return f"a database or the bus stopped answering ({said})", 3
    return None


app = typer.Typer(cls=Sentences, no_args_is_help=True, add_completion=False)


@app.callback()
def choose(
    installation: Annotated[
        Path | None, typer.Option(help="a file of MARKET_… settings, one NAME=value a line (docs/operations.md)")
    ] = None,
) -> None:
    """Runs and operates the market system: the folder of `make run`, or the deployment that MARKET_… settings name."""
    from marketctl.operate.chosen import installation_file

    installation_file.set(installation)


@app.command()
def run(
    bus: Annotated[str, typer.Option(help="embedded or kafka")] = "embedded",
    once: Annotated[bool, typer.Option(help="count and end, on a folder and ports of its own")] = False,
) -> None:
    """Start everything, do the sample days, verify, serve."""
    from marketctl.operate.chosen import refuse_deployed
    from marketctl.run import run as run_platform

    if bus not in ("embedded", "kafka"):
        raise SetupProblem(f"BUS={bus} is not known: use embedded or kafka")
    refuse_deployed("a run")
    kind: BusKind = "kafka" if bus == "kafka" else "embedded"
    raise typer.Exit(run_platform(bus=kind, once=once))


@app.command()
def reset() -> None:
    """Wipe the data of `make run`."""
    from marketctl.operate.chosen import refuse_deployed
    from marketctl.run import reset as wipe

    refuse_deployed("what is wiped")
    raise typer.Exit(wipe())


@app.command()
def generate(
    check: Annotated[bool, typer.Option(help="write nothing; exit 1 where a file is out of date")] = False,
) -> None:
    """Write AsyncAPI, JSON Schemas, OpenAPI and the generated docs."""
    from marketctl.contract.generate import generate_all

    stale = generate_all(write=not check)
    for name in stale if check else ():
        typer.echo(f"{name} is out of date: run `make generate` and commit it", err=True)
    raise typer.Exit(1 if check and stale else 0)


@app.command()
def release(version: str) -> None:
    """Record what the present commit promises as a release: migrations, schemas and event shapes."""
    from marketctl.contract.releases import record

    typer.echo(f"recorded {record(version).version}: commit deploy/releases and tag the commit before it")


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        # What a terminal's own encoding lacks becomes a question mark.
        cast(TextIOWrapper, stream).reconfigure(errors="replace")
    app()
