"""One migration path per service: the common environment, upgrade, and the check that tables equal migrations."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, NullPool, create_engine, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.policy import Parameters
from shared.vocabulary.errors import SetupProblem

_LOCK_TIMEOUT = "2s"
_MIGRATION_LOCK = 1039_0004


def config_of(service_dir: Path, url: str) -> Config:
    """Alembic's configuration of a service; the URL never stands in a file."""
    config = Config()
    # ConfigParser would read a % in a password or path as interpolation.
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    config.set_main_option("script_location", str(service_dir / "migrations").replace("%", "%%"))
    return config


def run_environment(metadata: MetaData) -> None:
    """What each service's migrations/env.py calls."""
    # No pool: a migration that fails must not leave a connection behind.
    engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, compare_type=True)
        with context.begin_transaction():
            # Two processes may start at once: the second finds everything done.
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            context.run_migrations()


def upgrade(service_dir: Path, url: str, revision: str = "head") -> None:
    """Bring a database to the newest schema, from empty or from any release, and add shipped policy rows."""
    try:
        command.upgrade(config_of(service_dir, url), revision)
    except CommandError as error:
        raise SetupProblem(
            f"{service_dir.name}'s database has a schema that this version doesn't know ({error}): "
            "run the version that made it, or start anew with `make reset`"
        ) from error
    if revision != "head":
        return
    package = service_dir.name.replace("-", "_")
    metadata, parameters = metadata_of(package), parameters_of(package)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        table = metadata.tables["policy_parameters"]
        connection.execute(insert(table).values(parameters.rows()).on_conflict_do_nothing())
        unread = parameters.unread(connection.execute(select(table)).all())
    engine.dispose()
    if unread:
        raise SetupProblem(
            f"{service_dir.name} keeps rule parameters that this version can't read: set them anew with the version"
            f" that took them ({'; '.join(map(str, unread))})"
        )


def parameters_of(package: str) -> Parameters:
    """The rule parameters of a service, by its package's name."""
    __import__(f"{package}.store.parameters")
    found: Parameters = sys.modules[f"{package}.store.parameters"].parameters
    return found


def metadata_of(package: str) -> MetaData:
    """The metadata of a service's tables, by its package's name."""
    __import__(f"{package}.store.tables")
    metadata: MetaData = sys.modules[f"{package}.store.tables"].metadata
    return metadata


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


def differences(service_dir: Path, url: str) -> list[str]:
    """How a migrated database differs from the tables in code; empty when they are equal."""
    metadata = metadata_of(service_dir.name.replace("-", "_"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        compared = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
        found = [str(each) for each in compared]
        # Alembic compares no CHECKs and no primary keys: the code's own tables, made beside the migrated ones, do.
        migrated = _constraints(connection, "public")
        connection.execute(text("CREATE SCHEMA from_code"))
        metadata.create_all(connection.execution_options(schema_translate_map={None: "from_code"}))
        wanted = _constraints(connection, "from_code")
        found += [f"constraint missing: {' '.join(each)}" for each in sorted(wanted - migrated)]
        found += [f"constraint not in code: {' '.join(each)}" for each in sorted(migrated - wanted)]
        connection.rollback()
    engine.dispose()
    return found


def _constraints(connection: Connection, schema: str) -> set[tuple[str, str, str]]:
    """Table, name and definition of every CHECK and key of a schema, as PostgreSQL writes them."""
    query = text(
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k"
        " JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE k.contype IN ('c', 'p', 'u') AND n.nspname = :schema AND c.relname <> 'alembic_version'"
    )
    return {(row[0], row[1], row[2]) for row in connection.execute(query, {"schema": schema})}
