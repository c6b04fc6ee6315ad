"""A document column gives back the model that it was given, and the database sees plain JSONB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Text, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import make_engine, make_sessions
from shared.documents import Document
from shared.wire import MoneyAmount
from shared.workshop.testing.servers import MakeDatabase


class Line(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    amount: MoneyAmount
    brand: str = ""


class Row(DeclarativeBase):
    type_annotation_map = {str: Text}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Slip(Row):
    __tablename__ = "slips"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[Line] = mapped_column(Document(Line))
    lines: Mapped[tuple[Line, ...]] = mapped_column(Document(tuple[Line, ...]))
    note: Mapped[Line | None] = mapped_column(Document(Line))


WRENCH = Line(name="活动扳手", amount=Decimal("306.00"))
HAMMER = Line(name="hammer", amount=Decimal("0.10"), brand="x")


@pytest.fixture
async def session(make_database: MakeDatabase) -> AsyncIterator[AsyncSession]:
    engine = make_engine(make_database())
    async with engine.begin() as connection:
        await connection.run_sync(Row.metadata.create_all)
    async with make_sessions(engine)() as opened:
        opened.add(Slip(id=1, first=WRENCH, lines=(WRENCH, HAMMER), note=None))
        await opened.commit()
        opened.expunge_all()
        yield opened
    await engine.dispose()


async def test_what_was_stored_is_read_as_the_same_model(session: AsyncSession) -> None:
    slip = await session.get_one(Slip, 1)
    assert (slip.first, slip.lines, slip.note) == (WRENCH, (WRENCH, HAMMER), None)


async def test_a_new_document_is_written_and_an_equal_one_is_no_change(session: AsyncSession) -> None:
    slip = await session.get_one(Slip, 1)
    slip.first = WRENCH.model_copy()
    assert not session.is_modified(slip)
    slip.first = HAMMER
    await session.commit()
    session.expunge_all()
    assert (await session.get_one(Slip, 1)).first == HAMMER


async def test_the_database_sees_the_document_as_the_wire_writes_it(session: AsyncSession) -> None:
    (stored,) = await session.scalars(text("SELECT jsonb_typeof(first->'amount') FROM slips"))
    assert stored == "string"
    (null,) = await session.scalars(text("SELECT note IS NULL FROM slips"))
    assert null


async def test_a_field_of_the_document_can_be_asked_for(session: AsyncSession) -> None:
    for_name = select(Slip.id).where(Slip.first["name"].astext == "活动扳手")
    assert list(await session.scalars(for_name)) == [1]


async def test_a_field_that_is_newer_than_the_row_has_its_default(session: AsyncSession) -> None:
    await session.execute(text("UPDATE slips SET first = first - 'brand'"))
    assert (await session.get_one(Slip, 1)).first.brand == ""


async def test_a_row_that_does_not_fit_is_not_read_as_something_else(session: AsyncSession) -> None:
    await session.execute(text("""UPDATE slips SET first = '{"name": "x", "amount": 306.0}'"""))
    with pytest.raises(ValidationError):
        await session.get_one(Slip, 1)
