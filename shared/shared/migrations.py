"""One migration path per service: the common environment, upgrade, and the check that tables equal migrations."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command, context
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, MetaData, NullPool, create_engine, event, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from shared.policy import Parameters
from shared.schema import schema_of
from shared.vocabulary.errors import SetupProblem
from shared.walls import Walls, grant_rights, raise_policies, require_roles

LIMITS = {"lock_timeout": "2s", "statement_timeout": "60s"}
"""What a migration may wait for a lock, behind which every query queues meanwhile, and how long a statement may take.

They hold in transactions: an index built CONCURRENTLY, outside one, keeps nobody waiting and may take longer.
"""

_TURN_SECONDS = 60
_MIGRATION_LOCK = 1039_0004


def config_of(service_dir: Path, url: str) -> Config:
    """Alembic's configuration of a service; the URL never stands in a file."""
    config = Config()
    # ConfigParser would read a % in a password or path as interpolation.
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    config.set_main_option("script_location", str(service_dir / "migrations").replace("%", "%%"))
    return config


def run_environment(metadata: MetaData, parameters: Parameters | None = None, walls: Walls | None = None) -> None:
    """What each service's migrations/env.py calls: one transaction for each migration, all in one turn.

    It is also how a service says what its tables, rule parameters and walls are, so that nothing here looks it up by
    name.
    """
    context.config.attributes.update(metadata=metadata, parameters=parameters, walls=walls)
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True, transaction_per_migration=True)
        for name, value in LIMITS.items():
            context.execute(f"SET {name} = '{value}'")
        context.run_migrations()
        return
    with _limited_engine(context.config.attributes["url"]).connect() as connection:
        _take_turn(connection)
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            render_item=context.config.attributes.get("render_item"),
        )
        context.run_migrations()


def _limit(connection: Connection) -> None:
    for name, value in LIMITS.items():
        connection.exec_driver_sql(f"SELECT set_config('{name}', '{value}', true)")


def _take_turn(connection: Connection) -> None:
    """Two processes may start at once: the second waits, and finds everything done. Held until the session ends.

    The session that migrates holds it, so that a killed process's last statement keeps the next one out. It is asked
    for again and again: a session that waits inside the database has a snapshot, for whose end a concurrent index
    would wait in turn.
    """
    give_up = time.monotonic() + _TURN_SECONDS
    while not connection.scalar(text(f"SELECT pg_try_advisory_lock({_MIGRATION_LOCK})")):
        connection.rollback()
        if time.monotonic() > give_up:
            raise SetupProblem(f"another process has been migrating this database for {_TURN_SECONDS} s: try again")
        time.sleep(0.1)
    connection.commit()


def upgrade(service_dir: Path, url: str, revision: str = "head") -> None:
    """Bring a database to the newest schema, from empty or from any release; raise its walls, add shipped policy rows.

    SetupProblem where the server lacks the roles, where the schema is a later version's, or where a migration ran out
    of time: what came before it is done, nothing of it is, and the same command goes on there.
    """
    config = config_of(service_dir, url)
    with _patience(service_dir.name):
        _require_roles(url)
        command.upgrade(config, revision)
        if revision == "head":
            _raise_walls(config)
    parameters: Parameters | None = config.attributes["parameters"]
    if revision != "head" or parameters is None:
        return
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        table = config.attributes["metadata"].tables["policy_parameters"]
        connection.execute(insert(table).values(parameters.rows()).on_conflict_do_nothing())
        unread = parameters.unread(connection.execute(select(table)).all())
    engine.dispose()
    if unread:
        raise SetupProblem(
            f"{service_dir.name} keeps rule parameters that this version can't read: set them anew with the version"
            f" that took them ({'; '.join(map(str, unread))})"
        )


@contextmanager
def _patience(service: str) -> Iterator[None]:
    """What ends a migration, in a sentence."""
    try:
        yield
    except CommandError as error:
        raise SetupProblem(
            f"{service}'s database has a schema that this version doesn't know ({error}): "
            "run the version that made it, or start the folder of `make run` anew with `make reset`"
        ) from error
    except OperationalError as error:
        if not isinstance(error.orig, (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)):
            raise
        raise SetupProblem(
            f"a migration of {service}'s database ran out of time ({str(error.orig).strip()}): "
            "it is undone; run `marketctl db upgrade` again when less is going on"
        ) from error


def _require_roles(url: str) -> None:
    with _limited_engine(url).connect() as connection:
        require_roles(connection)


def _raise_walls(config: Config) -> None:
    """After every upgrade, so that no table is without its walls, however the database came to be."""
    walls: Walls | None = config.attributes["walls"]
    if walls is None:
        return
    engine = _limited_engine(config.attributes["url"])
    with engine.begin() as connection:
        # Two upgrades at once would meet in the catalogue.
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        grant_rights(connection, config.attributes["metadata"], walls)
    for table, wall in walls.items():
        # Each by itself: a new policy keeps everybody from its table until it is there.
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            raise_policies(connection, table, wall)


def _limited_engine(url: str) -> Engine:
    # No pool: a migration that fails must not leave a connection behind, and with it the turn.
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    event.listen(engine, "begin", _limit)
    return engine


def head_of(service_dir: Path) -> str | None:
    """The newest revision that the tree holds."""
    return ScriptDirectory.from_config(config_of(service_dir, "")).get_current_head()


def revision_in(url: str) -> str | None:
    """The revision of the database behind a connection string; None where nothing was migrated yet."""
    with psycopg.connect(url, connect_timeout=3) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def schema_in(url: str) -> list[str]:
    """What the database behind a connection string holds besides rows, a line each."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.connect() as connection:
        return schema_of(connection)


def statements_of(service_dir: Path, revision: str) -> str:
    """The SQL of one migration, as a linter reads it."""
    config = config_of(service_dir, "")
    config.output_buffer = io.StringIO()
    before = ScriptDirectory.from_config(config).get_revision(revision).down_revision or "base"
    command.upgrade(config, f"{before}:{revision}", sql=True)
    return config.output_buffer.getvalue()


def tables_of(service_dir: Path) -> MetaData:
    """The tables in code that a service's migrations/env.py names."""
    found: MetaData = _named_by(service_dir)["metadata"]
    return found


def walls_of(service_dir: Path) -> Walls:
    """The walls that a service's migrations/env.py names."""
    found: Walls = _named_by(service_dir)["walls"]
    return found


def _named_by(service_dir: Path) -> dict[str, Any]:
    config = config_of(service_dir, "")
    script = ScriptDirectory.from_config(config)
    nothing = io.StringIO()
    with EnvironmentContext(config, script, fn=lambda revision, _: [], as_sql=True, output_buffer=nothing):
        script.run_env()
    return config.attributes


def differences(service_dir: Path, url: str) -> list[str]:
    """How a migrated database differs from the tables in code; empty when they are equal."""
    metadata = tables_of(service_dir)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        migrated = schema_of(connection)
        # What the code means is made beside what the migrations made: PostgreSQL describes both in the same words.
        connection.execute(text("CREATE SCHEMA from_code"))
        connection.execute(text("SET LOCAL search_path = from_code"))
        metadata.create_all(connection, checkfirst=False)
        wanted = schema_of(connection, "from_code")
        connection.rollback()
    engine.dispose()
    return compared(wanted, migrated)


def compared(wanted: list[str], found: list[str]) -> list[str]:
    """What of two schemas' lines (`schema_of`) is on one side only; empty when they are equal."""
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    return [*(f"missing: {line}" for line in missing), *(f"unexpected: {line}" for line in extra)]
