"""Published days: by two persons, with corrections, and what was filed in a window that they move (R-TAX-2)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPageByKeys
from shared.http.routes import service_router
from shared.policy import policy_of
from shared.rows import model_from, of_month
from shared.wire import MonthText
from tax_exemption.api.calendar_schemas import CalendarDayIn, CalendarDayOut, CalendarDecision
from tax_exemption.operations.confirm_calendar_day import confirm_calendar_day
from tax_exemption.operations.publish_calendar_day import publish_calendar_day
from tax_exemption.store.calendar import calendar, calendar_entries, entry_seen_by
from tax_exemption.store.calendar_decisions import returns_windowed_by, windows_now
from tax_exemption.store.tables import CalendarEntryRow, ReturnRow, policy

router = service_router("tax")


@router.post("/v1/calendar-days", status_code=201, response_model=CalendarDayOut)
async def publish_a_calendar_day(body: CalendarDayIn, command: Commanded) -> Response:
    """Publish a working or free day, or correct one; a second person confirms it.

    It is for the caller's pilot; the national pilot's tax office publishes for all pilots.
    """
    row = await publish_calendar_day(command.session, **body.model_dump(), act=command.act)
    command.attempt.target = str(row.id)
    return await command.answer(model_from(CalendarDayOut, row), status=201)


@router.get("/v1/calendar-days")
async def list_calendar_days(
    session: Reading,
    scope: Scoped,
    wanted: WantedPageByKeys,
    month: Annotated[MonthText | None, Query(description="month of the days")] = None,
) -> Page[CalendarDayOut]:
    """The published days that the caller's pilot goes by, with their corrections and what waits for a second person."""
    row = CalendarEntryRow
    keys = (row.day, row.pilot, row.version)
    rows = await wanted.rows(session, of_month(calendar_entries(scope.pilot), row.day, month), *keys)
    return wanted.page(rows, [model_from(CalendarDayOut, each) for each in rows], *keys)


@router.post("/v1/calendar-days/{entry_id}/confirmations", response_model=CalendarDayOut)
async def confirm_a_calendar_day(entry_id: UUID, command: Commanded) -> Response:
    """Confirm a published day as a second person: windows go by it from now on."""
    row = await confirm_calendar_day(command.session, entry_id, act=command.act)
    return await command.answer(model_from(CalendarDayOut, row))


@router.get("/v1/calendar-days/{entry_id}/decisions")
async def list_calendar_decisions(
    entry_id: UUID, session: Reading, scope: Scoped, wanted: WantedPageByKeys
) -> Page[CalendarDecision]:
    """The returns whose window the day may move, oldest first, to be checked again after a correction."""
    entry = await entry_seen_by(session, scope.pilot, entry_id)
    rows = await wanted.rows(session, returns_windowed_by(scope, entry.day), ReturnRow.id)
    now = windows_now(rows, await policy_of(session, policy, scope.pilot), await calendar(session, scope.pilot))
    return wanted.page(rows, [CalendarDecision(**asdict(each)) for each in now], ReturnRow.id)
