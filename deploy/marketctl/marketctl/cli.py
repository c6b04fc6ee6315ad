"""`marketctl`: runs and operates the whole."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, cast

import psycopg
import typer
from aiokafka.errors import KafkaConnectionError
from sqlalchemy.exc import OperationalError
from typer.core import TyperGroup

from marketctl.layout import BusKind
from marketctl.operate.chosen import installation_file, refuse_deployed
from marketctl.operate.clock import clock
from marketctl.operate.database import database
from marketctl.operate.doctor import doctor
from marketctl.operate.events import events
from marketctl.operate.kafka import kafka
from marketctl.operate.keys import keys
from marketctl.operate.parked import parked
from marketctl.operate.reconcile import reconcile
from marketctl.operate.signing import signing
from marketctl.operate.token import token
from marketctl.operate.trace import trace
from marketctl.operate.verify import verify
from shared.vocabulary.errors import SetupProblem
from shared.workshop.processes.problem import ProcessProblem, interrupts_kept, sentence_of


class Sentences(TyperGroup):
    """What stops a command is one sentence, its status 2 for what was said wrongly, 3 where nothing answers."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with interrupts_kept():
                return super().invoke(ctx)
        except (SetupProblem, PermissionError) as error:
            typer.echo(sentence_of(error) if isinstance(error, PermissionError) else str(error), err=True)
            raise typer.Exit(2) from error
        except ProcessProblem as problem:
            typer.echo(str(problem), err=True)
            raise typer.Exit(3) from problem
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            said = str(error).partition("\n")[0]
            typer.echo(f"a database's schema is not this version's: run `marketctl db upgrade` ({said})", err=True)
            raise typer.Exit(1) from error
        except (psycopg.OperationalError, OperationalError, ConnectionRefusedError, KafkaConnectionError) as error:
            said = next(iter(str(error).splitlines()), type(error).__name__)
            typer.echo(f"a database or the bus stopped answering ({said})", err=True)
            raise typer.Exit(3) from error


app = typer.Typer(cls=Sentences, no_args_is_help=True, add_completion=False)
for _name, _group in (
    ("parked", parked), ("events", events), ("signing", signing), ("kafka", kafka), ("clock", clock), ("db", database),
    ("keys", keys),
):  # fmt: skip
    app.add_typer(_group, name=_name)
for _command in (token, verify, trace, doctor, reconcile):
    app.command()(_command)


@app.callback()
def choose(
    installation: Annotated[
        Path | None, typer.Option(help="a file of MARKET_… settings, one NAME=value a line (docs/operations.md)")
    ] = None,
) -> None:
    """Runs and operates the market system: the folder of `make run`, or the deployment that MARKET_… settings name."""
    installation_file.set(installation)


@app.command()
def run(
    bus: Annotated[str, typer.Option(help="embedded or kafka")] = "embedded",
    once: Annotated[bool, typer.Option(help="count and end, on a folder and ports of its own")] = False,
) -> None:
    """Start everything, do the sample days, verify, serve."""
    from marketctl.run import run as run_platform

    if bus not in ("embedded", "kafka"):
        raise SetupProblem(f"BUS={bus} is not known: use embedded or kafka")
    refuse_deployed("a run")
    kind: BusKind = "kafka" if bus == "kafka" else "embedded"
    raise typer.Exit(run_platform(bus=kind, once=once))


@app.command()
def reset() -> None:
    """Wipe the data of `make run`."""
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
