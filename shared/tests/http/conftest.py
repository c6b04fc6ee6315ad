from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args
from uuid import UUID

import psycopg
import pytest
from fastapi import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint, Uuid, create_engine, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.database import new_metadata
from shared.events.registry import Role, RoleFiling
from shared.http.access import Authorised, grant
from shared.http.app import Service
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import WantedPage
from shared.http.parties import Parties
from shared.http.reconciliation import RECONCILIATION_ACCESS, add_reconciliation
from shared.http.routes import service_router
from shared.http.tables import add_http_tables
from shared.messaging.tables import add_messaging_tables
from shared.tables import MECHANISM
from shared.vocabulary.errors import Conflict, Hidden, NotFound, Refused, Stale
from shared.vocabulary.rules import Breach
from shared.walls import EMPTIED, grant_rights
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.tokens import ServedMint

metadata = new_metadata()
http_tables = add_http_tables(metadata)
messaging = add_messaging_tables(metadata)
notes = Table(
    "notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("label", Text),
    Column("weight", BigInteger),
    Column("remark", JSONB),
    Column("version", Integer),
    # Checked at COMMIT, so that a test can make the commit itself fail.
    UniqueConstraint("label", deferrable=True, initially="DEFERRED"),
)
router = service_router("notes")
add_reconciliation(router, messaging)


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str
    weight: int = 1
    remark: Any = None


class Note(BaseModel):
    id: UUID
    version: int


@router.post("/v1/notes", status_code=201, response_model=Note)
async def make_note(body: NoteIn, command: Commanded) -> Response:
    """Write a note."""
    made = Note(id=uuid7(), version=1)
    await _keep(command, {**made.model_dump(), **body.model_dump()})
    return await command.answer(made, status=201, version=1, location=f"/v1/notes/{made.id}")


async def _keep(command: Command, row: dict[str, Any]) -> None:
    await command.session.execute(insert(notes), [row])


@router.post("/v1/notes/{note_id}/changes", response_model=Note)
async def change_note(note_id: UUID, command: Commanded) -> Response:
    """Change a note's version."""
    version = await command.session.scalar(notes.select().with_only_columns(notes.c.version).filter_by(id=note_id))
    if version is None:
        raise NotFound
    if command.expected_version() != version:
        raise Stale("the note changed")
    await command.session.execute(notes.update().where(notes.c.id == note_id).values(version=version + 1))
    return await command.answer(Note(id=note_id, version=version + 1), version=version + 1)


_FAILURES: dict[str, Exception] = {
    "rule": Refused((Breach("note_barred", "V61"),)),
    "state": Conflict("note_barred"),
    "unknown": NotFound(),
    "hidden": Hidden(),
}


@router.post("/v1/notes/guarded/{failure}", status_code=201, response_model=Note)
async def make_guarded_note(failure: str, command: Commanded) -> Response:
    """Write a note; where one called "bar" forbids it, that one goes away in the moment in which it has been seen."""
    barred = await command.session.scalar(notes.select().with_only_columns(notes.c.id).filter_by(label="bar"))
    made = Note(id=uuid7(), version=1)
    await _keep(command, {**made.model_dump(), "label": str(made.id)})
    if barred is not None:
        async with AsyncSession(command.session.bind) as elsewhere:
            await elsewhere.execute(notes.delete().where(notes.c.id == barred))
            await elsewhere.commit()
        raise _FAILURES[failure]
    return await command.answer(made, status=201)


class Swap(BaseModel):
    first: str
    second: str


@router.post("/v1/notes/swaps", response_model=Note)
async def swap_notes(body: Swap, command: Commanded) -> Response:
    """Change two notes one after the other, as asked; with a first that is no id, every try ends in a deadlock."""
    if not body.second:
        await command.session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))
    for note_id in (body.first, body.second):
        where = notes.c.id == UUID(note_id)
        await command.session.execute(notes.update().where(where).values(version=notes.c.version + 1))
    return await command.answer(Note(id=UUID(body.first), version=2))


@router.get("/v1/notes")
async def list_notes(session: Reading, caller: Authorised, page: WantedPage, label: str | None = None) -> list[Note]:
    """A page of notes, of one label if asked."""
    return await _found(session, page, label)


async def _found(session: AsyncSession, page: Any, label: str | None) -> list[Note]:
    query = notes.select() if label is None else notes.select().where(notes.c.label == label)
    rows = (await session.execute(page.of(query, notes.c.id))).all()
    return [Note(id=row.id, version=row.version) for row in rows]


_NOTE_BARRED = """
[note_barred]
status = 409
title = "Barred"
title_zh = "已禁止"
fix = "Wait."
fix_zh = "请等待。"
"""


@pytest.fixture
def service(tmp_path: Path) -> Service:
    problems = tmp_path / "problems.toml"
    problems.write_text(_NOTE_BARRED)
    return Service(
        name="notes",
        title="notes · 便笺",
        description="A service of the tests' own.",
        routers=[router],
        access={
            name: grant("commerce", "operator", sees="all")
            for name in ("make_note", "change_note", "swap_notes", "make_guarded_note", "list_notes")
        }
        | RECONCILIATION_ACCESS,
        problems=problems,
        metadata=metadata,
        http_tables=http_tables,
        parties=Parties(_filed_in_all_roles),
    )


async def _filed_in_all_roles(session: AsyncSession, subject_id: UUID, pilot: str) -> list[RoleFiling]:
    """Every party is filed."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        RoleFiling(role=role, filing_number="F", status="approved", effective_from=since, version=1)
        for role in get_args(Role)
    ]


def make_tables(dsn: str) -> None:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        grant_rights(connection, metadata, {name: MECHANISM.get(name, EMPTIED) for name in metadata.tables})
    engine.dispose()


@pytest.fixture
def make_notes_tables() -> Callable[[str], None]:
    return make_tables


@dataclass(frozen=True, slots=True)
class Desk:
    """Calls to the notes service, and what it has written."""

    door: Door
    dsn: str

    def written(self) -> tuple[Any, ...]:
        counted = "SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM idempotency_keys)"
        with psycopg.connect(self.dsn) as connection:
            return cast(tuple[Any, ...], connection.execute(counted).fetchone())

    def audited(self) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute("SELECT outcome, status, target FROM audit ORDER BY id").fetchall()


@pytest.fixture
def dsn(make_database: MakeDatabase) -> str:
    """A database with the notes' tables."""
    made = make_database()
    make_tables(made)
    return made


@pytest.fixture
async def desk(service: Service, dsn: str, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_door(service, dsn, mint, tmp_path) as door:
        yield Desk(door, dsn)


@pytest.fixture
def own_server() -> Iterator[tuple[PostgresServer, str]]:
    """A server that a test may stop, and the DSN of the notes' database on it."""
    folder = Path(tempfile.mkdtemp(prefix="market-pg-"))
    server = PostgresServer(folder / "pg", free_port())
    server.start()
    try:
        server.create_role("app", "app")
        server.create_database("notes", owner="app")
        dsn = server.dsn("notes", "app", "app")
        make_tables(dsn)
        yield server, dsn
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
