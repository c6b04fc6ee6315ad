"""Rows of any service: numbered, locked, replaced, read by their party, changed at the version that was read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import Sequence, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import MONEY, make_engine, make_sessions, new_metadata
from shared.documents import Document
from shared.row_sets import change_all, put_all
from shared.rows import (
    COLUMN_TYPES,
    columns_from,
    lock_name,
    model_from,
    next_number,
    numbers_of,
    row_read,
    row_seen,
    row_to_change,
)
from shared.vocabulary.errors import Hidden, NotFound, Stale
from shared.workshop.testing.servers import MakeDatabase


class Row(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


Sequence(numbers_of("slip"), metadata=Row.metadata)


class Slip(Row):
    __tablename__ = "slips"

    id: Mapped[int] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    owner: Mapped[str]
    kind: Mapped[str]
    version: Mapped[int]


class Share(Row):
    __tablename__ = "shares"

    slip: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    parts: Mapped[list[Any]] = mapped_column(JSONB)


class Stamp(BaseModel):
    mark: str
    weight: Decimal


class Slipcase(Row):
    """A column of each kind that copies have."""

    __tablename__ = "slipcases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stamps: Mapped[tuple[Stamp, ...]] = mapped_column(Document(tuple[Stamp, ...]))
    best: Mapped[Stamp | None] = mapped_column(Document(Stamp))
    names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    price: Mapped[Decimal | None] = mapped_column(MONEY)
    made_at: Mapped[datetime | None]
    made_on: Mapped[date | None]
    kept: Mapped[bool]


class SlipOut(BaseModel):
    id: int
    owner: str
    note: str = "none"


Sessions = async_sessionmaker[AsyncSession]
MINE = Slip(id=1, pilot="longshui", owner="me", kind="goods", version=3)


@pytest.fixture
async def sessions(make_database: MakeDatabase) -> AsyncIterator[Sessions]:
    engine = make_engine(make_database())
    async with engine.begin() as connection:
        await connection.run_sync(Row.metadata.create_all)
    opened = make_sessions(engine)
    async with opened.begin() as session:
        await put_all(session, Slip, [columns_from(Slip, MINE)])
    yield opened
    await engine.dispose()


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with sessions() as opened:
        yield opened


async def test_each_kind_has_its_own_running_number(session: AsyncSession) -> None:
    assert [await next_number(session, "slip") for _ in range(3)] == [1, 2, 3]


async def test_a_name_is_held_by_one_transaction_until_it_ends(sessions: Sessions) -> None:
    async with sessions() as first, sessions() as second:
        await lock_name(first, "container TEMU1234567")
        await lock_name(second, "container TEMU7654321")
        waiting = asyncio.ensure_future(lock_name(second, "container TEMU1234567"))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        await first.rollback()
        await waiting


async def test_a_row_is_put_once_and_then_replaced(session: AsyncSession) -> None:
    shares = [{"slip": 1, "place": place, "parts": [place]} for place in range(3)]
    await put_all(session, Share, shares)
    await put_all(session, Share, [{**shares[1], "parts": ["changed"]}])
    await put_all(session, Share, [])
    rows = (await session.execute(select(Share).order_by(Share.place))).scalars()
    assert [row.parts for row in rows] == [[0], ["changed"], [2]]


async def test_rows_are_put_as_they_are_read_whatever_their_columns_hold(session: AsyncSession) -> None:
    stamp = Stamp(mark='a "quoted" {mark}, 印', weight=Decimal("1.50"))
    full = {
        "id": UUID(int=2),
        "stamps": (stamp, stamp),
        "best": stamp,
        "names": ["a,b", "{c}", 'd"e', "\\", ""],
        "price": Decimal("12345678901234.5678"),
        "made_at": datetime(2026, 5, 13, 1, 2, 3, 456789, tzinfo=UTC),
        "made_on": date(2026, 5, 13),
        "kept": True,
    }
    bare = {name: None for name in full} | {"id": UUID(int=1), "stamps": (), "names": [], "kept": False}
    await put_all(session, Slipcase, [full, bare])
    rows = (await session.execute(select(Slipcase).order_by(Slipcase.id))).scalars().all()
    assert [columns_from(Slipcase, row) for row in rows] == [bare, full]


async def test_of_two_rows_with_one_key_the_last_is_put(session: AsyncSession) -> None:
    await put_all(session, Share, [{"slip": 1, "place": 1, "parts": [each]} for each in ("first", "last")])
    assert [row.parts for row in (await session.execute(select(Share))).scalars()] == [["last"]]


async def test_more_rows_are_put_than_a_statement_has_parameters(session: AsyncSession) -> None:
    await put_all(session, Share, [{"slip": 1, "place": place, "parts": []} for place in range(12_000)])
    assert await session.scalar(select(func.count()).select_from(Share)) == 12_000


async def test_rows_are_changed_by_their_keys_each_in_its_own_columns(session: AsyncSession) -> None:
    await put_all(session, Share, [{"slip": slip, "place": 1, "parts": [slip]} for slip in range(4)])
    shares = (await session.execute(select(Share).order_by(Share.slip))).scalars().all()
    await put_all(
        session, Slip, [{"id": each, "pilot": "p", "owner": "o", "kind": "k", "version": 1} for each in (7, 8)]
    )
    seven, eight = (await session.execute(select(Slip).where(Slip.pilot == "p").order_by(Slip.id))).scalars()
    await change_all(session, [(seven, {"owner": "changed"}), (eight, {"version": 2})])
    await change_all(session, [(shares[1], {"parts": ["one"]}), (shares[2], {"parts": []})])
    await change_all(session, [])
    held = [(each.owner, each.version) for each in (seven, eight)]
    assert held == [("changed", 1), ("o", 2)]
    assert not session.dirty
    session.expire_all()
    rows = (await session.execute(select(Slip).where(Slip.pilot == "p").order_by(Slip.id))).scalars()
    assert [(each.owner, each.version) for each in rows] == held
    found = (await session.execute(select(Share).order_by(Share.slip))).scalars()
    assert [each.parts for each in found] == [[0], ["one"], [], [3]]


def test_columns_and_fields_are_copied_by_name_and_a_missing_one_is_an_error() -> None:
    assert columns_from(Slip, MINE, version=4) == {**columns_from(Slip, MINE), "version": 4}
    assert model_from(SlipOut, MINE, note="seen") == SlipOut(id=1, owner="me", note="seen")
    with pytest.raises(AttributeError, match="note"):
        model_from(SlipOut, MINE)
    with pytest.raises(AttributeError, match="pilot"):
        columns_from(Slip, SlipOut(id=1, owner="me"))


@pytest.mark.parametrize(
    ("owner", "pilot", "row_id", "error"),
    [
        ("me", "longshui", 1, None),
        ("you", "longshui", 1, Hidden),
        ("me", "yiwu", 1, NotFound),
        ("me", "longshui", 2, NotFound),
    ],
)
async def test_a_row_is_seen_hidden_or_unknown(
    session: AsyncSession, owner: str, pilot: str, row_id: int, error: type[Exception] | None
) -> None:
    query = select(Slip).where(Slip.pilot == pilot, Slip.owner == owner)
    seeing = row_seen(session, query, row_id, pilot=pilot, what="slip")
    if error is None:
        assert (await seeing).owner == "me"
    else:
        with pytest.raises(NotFound) as raised:
            await seeing
        said = f"slip {row_id} is somebody else's" if error is Hidden else f"no slip {row_id}"
        assert (type(raised.value), str(raised.value)) == (error, said)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, None),
        ({"version": None}, None),
        ({"version": 2}, "the slip has version 3"),
        ({"version": 4}, "the slip has version 3"),
        ({"pilot": "yiwu"}, "no slip 1"),
        ({"kind": "gift"}, "no slip 1"),
        ({"owner": "you"}, "slip 1 is somebody else's"),
        # The party is checked before the version, so that others learn nothing.
        ({"owner": "you", "version": 2}, "slip 1 is somebody else's"),
    ],
)
async def test_a_row_is_changed_by_its_party_at_the_version_that_was_read(
    session: AsyncSession, asked: dict[str, Any], said: str | None
) -> None:
    wanted = {"pilot": "longshui", "version": 3, "owner": "me", "kind": "goods", **asked}
    changing = row_to_change(
        session,
        Slip,
        1,
        Slip.kind == wanted["kind"],
        pilot=wanted["pilot"],
        version=wanted["version"],
        what="slip",
        own=lambda slip: slip.owner == wanted["owner"],
    )
    if said is None:
        assert (await changing).id == 1
    else:
        with pytest.raises((NotFound, Stale)) as raised:
            await changing
        assert str(raised.value) == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, None),
        ({"pilot": "yiwu"}, "no slip 1"),
        ({"kind": "gift"}, "no slip 1"),
        ({"owner": "you"}, "slip 1 is somebody else's"),
    ],
)
async def test_a_row_is_read_by_its_party(session: AsyncSession, asked: dict[str, str], said: str | None) -> None:
    wanted = {"pilot": "longshui", "owner": "me", "kind": "goods", **asked}
    of_kind = Slip.kind == wanted["kind"]
    reading = row_read(
        session, Slip, 1, of_kind, pilot=wanted["pilot"], what="slip", own=lambda slip: slip.owner == wanted["owner"]
    )
    if said is None:
        assert (await reading).id == 1
    else:
        with pytest.raises(NotFound) as raised:
            await reading
        assert (type(raised.value), str(raised.value)) == (Hidden if "owner" in asked else NotFound, said)


async def test_a_row_to_change_is_locked_and_read_again(sessions: Sessions) -> None:
    async with sessions() as first, sessions() as second:
        held = await first.get(Slip, 1)
        await second.execute(Slip.__table__.update().values(version=4))  # type: ignore[attr-defined]  # a table
        await second.commit()
        assert held is not None
        assert (held.version, (await _changing(first)).version) == (3, 4)
        await second.execute(select(func.set_config("lock_timeout", "50ms", True)))
        with pytest.raises(Exception, match="lock timeout"):
            await _changing(second)


async def _changing(session: AsyncSession) -> Slip:
    return await row_to_change(session, Slip, 1, pilot="longshui", version=None, what="slip")
