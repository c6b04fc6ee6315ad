"""What the database itself holds of money and days agrees with the vocabulary."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pycountry
import pytest
from sqlalchemy import Date, MetaData, Table, Text, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import MONEY, digits_checks, in_force_on, make_engine
from shared.vocabulary.legal_time import in_force
from shared.vocabulary.money import currency_digits, currency_in_use
from shared.workshop.testing.servers import MakeDatabase

CURRENCIES = sorted(each.alpha_3 for each in pycountry.currencies if currency_in_use(each.alpha_3))


class Row(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = {str: Text, date: Date}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Paid(Row):
    __tablename__ = "paid"
    __table_args__ = (*digits_checks("currency", "amount"), *digits_checks("'JPY'", "yen"))

    id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    yen: Mapped[Decimal] = mapped_column(MONEY)


class Term(Row):
    __tablename__ = "terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[date]
    last: Mapped[date | None]


@pytest.fixture
async def connection(make_database: MakeDatabase) -> AsyncIterator[AsyncConnection]:
    engine = make_engine(make_database())
    async with engine.connect() as opened:
        await opened.run_sync(Row.metadata.create_all)
        yield opened
    await engine.dispose()


async def test_a_column_holds_as_many_digits_as_the_vocabulary_says_of_every_currency(
    connection: AsyncConnection,
) -> None:
    smallest = [(code, Decimal(1).scaleb(-currency_digits(code))) for code in CURRENCIES]
    fits = [{"id": n, "currency": code, "amount": unit, "yen": 1} for n, (code, unit) in enumerate(smallest)]
    await connection.execute(_paid().insert(), fits)
    for code, unit in smallest:
        finer = {"id": 0, "currency": code, "amount": unit / 10, "yen": 1}
        with pytest.raises(IntegrityError, match="amount_digits"):
            async with connection.begin_nested():
                await connection.execute(_paid().insert(), finer)


async def test_a_column_of_one_currency_holds_its_digits(connection: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match="yen_digits"):
        await connection.execute(_paid().insert(), {"id": 1, "currency": "USD", "amount": 1, "yen": Decimal("0.5")})


async def test_a_row_is_in_force_on_the_days_that_the_vocabulary_says(connection: AsyncConnection) -> None:
    days = [date(2026, 5, day) for day in range(1, 7)]
    terms = [(days[1], days[3]), (days[2], days[2]), (days[4], None)]
    await connection.execute(
        text("INSERT INTO terms (id, first, last) VALUES (:id, :first, :last)"),
        [{"id": n, "first": first, "last": last} for n, (first, last) in enumerate(terms)],
    )
    for day in days:
        held = set(await connection.scalars(select(Term.id).where(in_force_on(Term.first, Term.last, day))))
        assert held == {n for n, (first, last) in enumerate(terms) if in_force(first, last, day)}, day


def _paid() -> Table:
    return Row.metadata.tables["paid"]
