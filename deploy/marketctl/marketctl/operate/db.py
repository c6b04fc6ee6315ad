"""`marketctl db`: schemas and migrations."""

from __future__ import annotations

import asyncio

import typer
from asyncpg import PostgresError

from marketctl.installation import Installation, plain_url
from marketctl.layout import ROOT, SERVICES, package_of, service_dir
from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from shared.vocabulary.errors import SetupProblem

db = typer.Typer(no_args_is_help=True, help="Migrations.")


@db.command("status")
def db_status(as_json: Json = False) -> None:
    """Each database's revision and the newest one."""
    _show_schemas(chosen(), as_json)


def _reach_all(market: Installation) -> None:
    # Before the first is changed, so that a wrong setting of the last leaves none half done.
    for service in SERVICES:
        market.connect(service).close()


def _show_schemas(market: Installation, as_json: bool) -> None:
    from shared.migrations import head_of, revision_in

    _reach_all(market)
    content = {}
    for service in SERVICES:
        head, revision = head_of(service_dir(service)), revision_in(market.database_url(service))
        content[service] = {"revision": revision, "head": head}
    text = "\n".join(f"{name:<15} {each['revision']} (head {each['head']})" for name, each in content.items())
    show(content, as_json, text)


@db.command("upgrade")
def db_upgrade(as_json: Json = False) -> None:
    """Bring all four databases to the newest schema, and the embedded bus's."""
    from shared.migrations import upgrade

    market = chosen()
    _reach_all(market)
    for service in SERVICES:
        upgrade(service_dir(service), market.database_url(service))
    if market.bus.database_url is not None:
        _prepare_bus(market, market.bus.database_url)
    _show_schemas(market, as_json)


def _prepare_bus(market: Installation, url: str) -> None:

    from shared.messaging.embedded_walls import prepare_bus

    try:
        asyncio.run(prepare_bus(url))
    except (PostgresError, OSError) as error:
        raise market.silent("the bus", error) from error


@db.command("roles")
def db_roles() -> None:
    """Print the SQL that the server's administrator runs once: the roles of each service, and who may enter what."""
    from shared.messaging.embedded_walls import statements_of_bus_roles
    from shared.walls import statements_of_doors, statements_of_roles

    market = chosen()
    for service in SERVICES:
        url = plain_url(market.databases[service])
        owner, name = url.username or package_of(service), url.database or package_of(service)
        for statement in (*statements_of_roles(owner), *statements_of_doors(name, owner)):
            typer.echo(f"{statement};")
    if market.bus.database_url is not None:
        for statement in statements_of_bus_roles(SERVICES, plain_url(market.bus.database_url).database or "bus"):
            typer.echo(f"{statement};")


@db.command("check")
def db_check() -> None:
    """Read each migration's SQL, migrate from empty and from each release, compare with the tables in code."""
    from marketctl.contract.migration_lint import migrations, unsafe_statements
    from marketctl.contract.releases import unlike_the_code

    found = [*unsafe_statements(migrations()), *unlike_the_code()]
    for line in found:
        typer.echo(line, err=True)
    raise typer.Exit(1 if found else 0)


@db.command("new")
def db_new(service: str, name: str) -> None:
    """Write a service's next migration from its tables in code: marketctl db new registry "grades by date"."""
    from marketctl.contract.new_migration import write_migration

    if service not in SERVICES:
        raise SetupProblem(f"{service} is no service: {', '.join(SERVICES)}")
    written = write_migration(service_dir(service), name)
    for file in written.files:
        typer.echo(f"wrote {file.relative_to(ROOT)}: read it, it knows nothing of rows that are there")
    for each in (*written.left, *written.unsafe):
        typer.echo(f"yours to write or mend: {each}", err=True)
