"""What each process of a service may do in its database, whatever the code asks for.

Three roles come to a service's database. The owner migrates. The HTTP process and the worker log in as roles without
tables of their own: what they may do comes from the groups `market_http` and `market_worker`. A table that nobody has
decided about is refused when the database is migrated, and nobody has a right to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, text

from shared.vocabulary.errors import SetupProblem

HTTP, WORKER = "market_http", "market_worker"
GROUPS = {"http": HTTP, "worker": WORKER}
"""The group by the ending of the role that a process logs in as: `registry_http` is in `market_http`."""


@dataclass(frozen=True, slots=True)
class Wall:
    """The statements on a table that the HTTP process and the worker may send; empty is none."""

    http: str
    worker: str


KEPT = Wall("SELECT, INSERT", "SELECT, INSERT")
"""What was written stays as it is: audit, outbox, journals, versions, decisions."""
CHANGED = Wall("SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE")
EMPTIED = Wall("SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT, UPDATE, DELETE")
"""Rows are taken away again, as lines out of a packing list."""
READ = Wall("SELECT", "SELECT")

Walls = Mapping[str, Wall]


def require_roles(connection: Connection) -> None:
    """SetupProblem where the server lacks the groups."""
    found = set(connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), _named()))
    if missing := sorted(set(GROUPS.values()) - found):
        raise SetupProblem(
            f"the database server has no role {' and '.join(missing)}: let its administrator run what"
            " `marketctl db roles` prints, then try again (docs/operations.md)"
        )


def undecided(metadata: MetaData, walls: Walls) -> list[str]:
    """The tables that nobody has decided about, and the decisions about tables that there aren't."""
    return sorted(set(metadata.tables) ^ set(walls))


def grant_rights(connection: Connection, metadata: MetaData, walls: Walls) -> None:
    """Give each group what is decided and nothing else, in the caller's transaction; the same every time."""
    if names := undecided(metadata, walls):
        raise SetupProblem(f"store/walls.py and the tables differ: {', '.join(names)}")
    groups = ", ".join(GROUPS.values())
    connection.execute(text("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {groups}"))
    for kind in ("TABLES", "SEQUENCES"):
        connection.execute(text(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM PUBLIC, {groups}"))
    # A restored worker counts on after the numbers that were given out (setval).
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {groups}"))
    connection.execute(text(f"GRANT UPDATE ON ALL SEQUENCES IN SCHEMA public TO {WORKER}"))
    for table, wall in walls.items():
        for group, rights in ((HTTP, wall.http), (WORKER, wall.worker)):
            if rights:
                connection.execute(text(f'GRANT {rights} ON "{table}" TO {group}'))


def _named() -> dict[str, list[str]]:
    return {"names": list(GROUPS.values())}


def statements_of_roles(owner: str) -> list[str]:
    """What a server's administrator runs for a service whose database `owner` owns, as often as wished.

    The roles come without passwords. Nobody but an administrator enters the databases that every server has.
    """
    logins = {f"{owner}_{ending}": group for ending, group in GROUPS.items()}
    return [
        *(_role(group, "NOLOGIN") for group in GROUPS.values()),
        *(_role(role, "LOGIN") for role in (owner, *logins)),
        *(f'GRANT {group} TO "{role}"' for role, group in logins.items()),
        *(f"REVOKE ALL ON DATABASE {each} FROM PUBLIC" for each in ("postgres", "template1")),
    ]


def statements_of_doors(database: str, owner: str) -> list[str]:
    """Who may enter a service's database: its owner and its processes. Only the worker makes temporary tables."""
    entering, working = (f'"{owner}_{ending}"' for ending in GROUPS)
    return [
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO {entering}, {working}',
        f'GRANT TEMPORARY ON DATABASE "{database}" TO {working}',
    ]


def _role(name: str, login: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
        f' THEN CREATE ROLE "{name}" {login} NOSUPERUSER NOCREATEDB NOCREATEROLE; END IF; END $$'
    )
