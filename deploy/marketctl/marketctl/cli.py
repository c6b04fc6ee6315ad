"""`marketctl`: runs and operates the whole."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated, cast

import psycopg
import typer
from aiokafka.errors import KafkaConnectionError
from sqlalchemy.exc import OperationalError

from marketctl.layout import ROOT, SERVICES, BusKind
from marketctl.operate import commands as operate
from shared.vocabulary.errors import SetupProblem
from shared.workshop.processes.problem import ProcessProblem, sentence_of

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Runs and operates the market system.")
for _name, _group in (
    ("parked", operate.parked),
    ("events", operate.events),
    ("clock", operate.clock),
    ("db", operate.database),
):
    app.add_typer(_group, name=_name)
for _command in (operate.token, operate.verify, operate.trace, operate.doctor):
    app.command()(_command)


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


@operate.database.command("new")
def db_new(service: str, name: str) -> None:
    """Write a service's next migration from its tables in code: marketctl db new registry "grades by date"."""
    from marketctl.contract.new_migration import write_migration

    if service not in SERVICES:
        typer.echo(f"{service} is no service: {', '.join(SERVICES)}", err=True)
        raise typer.Exit(2)
    written = write_migration(ROOT / "services" / service, name)
    for file in written.files:
        typer.echo(f"wrote {file.relative_to(ROOT)}: read it, it knows nothing of rows that are there")
    for each in (*written.left, *written.unsafe):
        typer.echo(f"yours to write or mend: {each}", err=True)


def main() -> None:
    """The console script; what stops it is one sentence, its status 2 for the set-up, 3 where nothing answers."""
    for stream in (sys.stdout, sys.stderr):
        # What a terminal's own encoding lacks becomes a question mark.
        cast(TextIOWrapper, stream).reconfigure(errors="replace")
    try:
        app()
    except SetupProblem as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    except PermissionError as error:
        typer.echo(sentence_of(error), err=True)
        sys.exit(2)
    except ProcessProblem as problem:
        typer.echo(str(problem), err=True)
        sys.exit(3)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        said = str(error).partition("\n")[0]
        typer.echo(f"a database's schema is not this version's: run `marketctl db upgrade` ({said})", err=True)
        sys.exit(1)
    except (psycopg.OperationalError, OperationalError, ConnectionRefusedError, KafkaConnectionError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        typer.echo(f"a database or the bus does not answer: is `make run` running? ({said})", err=True)
        sys.exit(3)
