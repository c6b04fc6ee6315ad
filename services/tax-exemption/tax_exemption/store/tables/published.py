"""Middle rates and working days as published."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import RATE
from shared.policy import EVERY_PILOT
from tax_exemption.store.tables.row import Row


class MiddleRateRow(Row):
    """The RMB middle rate of a day as published (R-FX-10): CNY per unit of a currency.

    A correction is the next version; it counts once a second person has confirmed it. Rates of before pilots had their
    own are everybody's (`*`).
    """

    __tablename__ = "middle_rates"
    __table_args__ = (CheckConstraint("cny_per_unit > 0", name="positive"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str] = mapped_column(primary_key=True, server_default=EVERY_PILOT)
    version: Mapped[int] = mapped_column(primary_key=True, server_default="1", autoincrement=False)
    cny_per_unit: Mapped[Decimal] = mapped_column(RATE)
    source: Mapped[str]
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    corrects: Mapped[str | None]
    reason: Mapped[str | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    by_two_persons: Mapped[bool] = mapped_column(server_default=text("false"))

    @property
    def counts(self) -> bool:
        """Whether it is in force: a second person confirmed it, or it was imported when one person sufficed."""
        return self.confirmed_at is not None or (self.version == 1 and not self.by_two_persons)

    @property
    def id(self) -> str:
        """What returns name it by: pilot (but everybody's), day, currency, and a correction's version."""
        own = [] if self.pilot == EVERY_PILOT else [self.pilot]
        correction = [] if self.version == 1 else [str(self.version)]
        return ":".join(["middle", *own, self.day.isoformat(), self.currency, *correction])


class CalendarDayRow(Row):
    """A working or free day as one person published it for everybody, before two were needed; only read."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    source: Mapped[str]


class CalendarEntryRow(Row):
    """A working or free day as a pilot's tax office, or the national one (`*`), publishes it.

    It goes before the built-in calendar. A correction is the next version; each version counts once a second person has
    confirmed it.
    """

    __tablename__ = "calendar_entries"
    __table_args__ = (UniqueConstraint("pilot", "day", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    day: Mapped[date]
    version: Mapped[int]
    working: Mapped[bool]
    source: Mapped[str]
    reason: Mapped[str | None]
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
