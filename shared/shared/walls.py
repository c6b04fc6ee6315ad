"""What each process of a service may do in its database, whatever the code asks for.

Three roles come to a service's database. The owner migrates. The HTTP process and the worker log in as roles without
tables of their own: what they may do comes from the groups `market_http` and `market_worker`. A table that nobody has
decided about is refused when the database is migrated, and nobody has a right to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, MetaData, text

from shared.vocabulary.errors import SetupProblem

# Asked once for a statement. Without the SELECT the planner would ask while it plans: before anybody has said a pilot,
# and then it takes every table for empty.
PILOTS = "(SELECT string_to_array(current_setting('market.pilot', true), ','))::text[]"
"""The pilots that a transaction acts for; none where nobody said any. Sessions say it as they begin (`of_pilot`)."""
OF_PILOT = f"pilot = ANY ({PILOTS})"
NATIONAL = f"pilot = '*' OR {OF_PILOT}"
"""What is published for every pilot too."""
ALL = ""
"""No pilot's data: every process sees every row."""

HTTP, WORKER = "market_http", "market_worker"
GROUPS = {"http": HTTP, "worker": WORKER}
"""The group by the ending of the role that a process logs in as: `registry_http` is in `market_http`."""


@dataclass(frozen=True, slots=True)
class Wall:
    """The statements on a table that the HTTP process and the worker may send (empty is none), and the rows of it.

    `rows` is the condition on rows that the HTTP process sees and writes; `written` that on new ones, where it differs.
    The worker hears, says and chains for all pilots.
    """

    http: str
    worker: str
    rows: str = OF_PILOT
    written: str | None = None


KEPT = Wall("SELECT, INSERT", "SELECT, INSERT")
"""What was written stays as it is: audit, outbox, journals, versions, decisions."""
CHANGED = Wall("SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE")
EMPTIED = Wall("SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT, UPDATE, DELETE")
"""Rows are taken away again, as lines out of a packing list."""


READ = Wall("SELECT", "SELECT")


def finding(head: str, question: str) -> str:
    """A function that finds rows by what a list or a document holds, and answers ids of the transaction's pilots alone.

    The planner compares so only after the row policies, and reads the whole table: nothing in PostgreSQL says that such
    an operator tells nobody anything. So the owner asks.
    """
    return (
        f"CREATE OR REPLACE FUNCTION {head} RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 20"
        f" SET search_path = public AS $$ {question} AND {OF_PILOT} $$"
    )


def through(wall: Wall, table: str, condition: str) -> Wall:
    """The wall of a table whose rows belong to those of another one: who sees that one sees them.

    New ones are written together with it, in one statement even, which doesn't see yet what it writes.
    """
    return replace(wall, rows=f"EXISTS (SELECT FROM {table} WHERE {condition})", written="true")


Walls = Mapping[str, Wall]


def require_roles(connection: Connection) -> None:
    """SetupProblem where the server lacks the groups, or where the owner would not see its own rows."""
    wanted = set(GROUPS.values())
    found = set(
        connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": [*wanted]})
    )
    lacks = [f"the database server has no role {' and '.join(sorted(wanted - found))}"] if wanted - found else []
    owner = "SELECT rolname FROM pg_roles WHERE rolname = current_user AND NOT (rolbypassrls OR rolsuper)"
    lacks += [f"{name}, which migrates, has no BYPASSRLS" for name in connection.scalars(text(owner))]
    if lacks:
        raise SetupProblem(
            f"{', and '.join(lacks)}: let the server's administrator run what `marketctl db roles` prints,"
            " then try again (docs/operations.md#roles-of-a-database)"
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


_FORCED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = to_regclass(:table)"
# As PostgreSQL has read it, beside what it was made from: a policy that was altered since differs from its comment.
_POLICIES = """
SELECT polname, obj_description(oid, 'pg_policy') AS comment,
       concat_ws(' ', polcmd, polroles::regrole[], polpermissive, pg_get_expr(polqual, polrelid),
                 pg_get_expr(polwithcheck, polrelid)) AS read
FROM pg_policy WHERE polrelid = to_regclass(:table)
"""


def policies_of(wall: Wall) -> dict[str, str]:
    """The row policies of a table, by their names: whom they let see and write what."""
    if wall.rows == ALL:
        return {}
    written = wall.rows if wall.written is None else wall.written
    return {
        "of_pilot": f"TO {HTTP} USING ({wall.rows}) WITH CHECK ({written})",
        "of_worker": f"TO {WORKER} USING (true) WITH CHECK (true)",
    }


def raise_policies(connection: Connection, table: str, wall: Wall) -> None:
    """Give a table its row policies, in the caller's transaction; where it has them already, nothing is locked."""
    wanted = policies_of(wall)
    found = connection.execute(text(_POLICIES), {"table": table}).all()
    kept = {row.polname for row in found if row.comment == f"{wanted.get(row.polname)} {row.read}"}
    forced = connection.scalar(text(_FORCED), {"table": table})
    if kept == set(wanted) and len(found) == len(kept) and forced == bool(wanted):
        return
    for row in found:
        connection.exec_driver_sql(f'DROP POLICY "{row.polname}" ON "{table}"')
    for name, policy in wanted.items():
        connection.exec_driver_sql(f'CREATE POLICY {name} ON "{table}" {policy}')
    for row in connection.execute(text(_POLICIES), {"table": table}).all():
        comment = f"{wanted[row.polname]} {row.read}".replace("'", "''")
        connection.exec_driver_sql(f"COMMENT ON POLICY {row.polname} ON \"{table}\" IS '{comment}'")
    able, force = ("ENABLE", "FORCE") if wanted else ("DISABLE", "NO FORCE")
    connection.exec_driver_sql(f'ALTER TABLE "{table}" {able} ROW LEVEL SECURITY, {force} ROW LEVEL SECURITY')


def statements_of_roles(owner: str) -> list[str]:
    """What a server's administrator runs for a service whose database `owner` owns, as often as wished.

    The roles come without passwords. Nobody but an administrator enters the databases that every server has.
    """
    logins = {f"{owner}_{ending}": group for ending, group in GROUPS.items()}
    return [
        *(role_statement(group, "NOLOGIN") for group in GROUPS.values()),
        *(role_statement(role, "LOGIN") for role in (owner, *logins)),
        # It moves, verifies and dumps the rows of all pilots.
        f'ALTER ROLE "{owner}" BYPASSRLS',
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


def role_statement(name: str, login: str) -> str:
    """Makes a role without rights, where it isn't there yet."""
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
        f' THEN CREATE ROLE "{name}" {login} NOSUPERUSER NOCREATEDB NOCREATEROLE; END IF; END $$'
    )
