"""RMB middle rates: import and correction by two persons each, and what was decided at a rate (R-FX-10)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Query, Response

from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPageByKeys
from shared.http.published_rates import RateCorrectionIn
from shared.http.routes import service_router
from shared.rows import model_from
from shared.vocabulary.published_rates import RateCorrection
from shared.wire import CurrencyCode, MonthText, OpaqueText
from tax_exemption.api.rate_schemas import (
    MiddleRateIn,
    MiddleRateOut,
    RateDecision,
)
from tax_exemption.operations.confirm_rate_correction import confirm_rate_correction
from tax_exemption.operations.import_middle_rate import import_middle_rate
from tax_exemption.operations.propose_rate_correction import propose_rate_correction
from tax_exemption.store.rate_decisions import decisions_on, returns_resting_on
from tax_exemption.store.rates import middle_rates
from tax_exemption.store.tables import MiddleRateRow, ReturnRow

router = service_router("tax")
RateId = Annotated[OpaqueText, Path(max_length=80, description="as the list of rates shows it")]


@router.post("/v1/middle-rates", status_code=201, response_model=MiddleRateOut)
async def import_a_middle_rate(body: MiddleRateIn, command: Commanded) -> Response:
    """Import a published middle rate; a second person confirms it.

    It is for the caller's pilot; the national pilot's offices publish for all pilots.
    """
    row = await import_middle_rate(command.session, **body.model_dump(), act=command.act)
    return await command.answer(model_from(MiddleRateOut, row), status=201)


@router.get("/v1/middle-rates")
async def list_middle_rates(
    session: Reading,
    scope: Scoped,
    wanted: WantedPageByKeys,
    month: Annotated[MonthText, Query(description="month of the days that the rates are of")],
    currency: CurrencyCode | None = None,
) -> Page[MiddleRateOut]:
    """The rates of a month's days that the caller's pilot goes by, with their corrections."""
    row = MiddleRateRow
    keys = (row.day, row.currency, row.pilot, row.version)
    rows = await wanted.rows(session, middle_rates(scope, month, currency), *keys)
    return wanted.page(rows, [model_from(MiddleRateOut, each) for each in rows], *keys)


@router.post("/v1/middle-rates/{rate_id}/corrections", status_code=201, response_model=MiddleRateOut)
async def propose_a_rate_correction(rate_id: RateId, body: RateCorrectionIn, command: Commanded) -> Response:
    """Propose a correction: a new entry, which a second person confirms."""
    row = await propose_rate_correction(command.session, rate_id, RateCorrection(**body.model_dump()), act=command.act)
    return await command.answer(model_from(MiddleRateOut, row), status=201)


@router.post("/v1/middle-rates/{rate_id}/confirmations", response_model=MiddleRateOut)
async def confirm_a_rate_correction(rate_id: RateId, command: Commanded) -> Response:
    """Confirm an entry as a second person: what is declared from now on goes by it."""
    row = await confirm_rate_correction(command.session, rate_id, act=command.act)
    return await command.answer(model_from(MiddleRateOut, row))


@router.get("/v1/middle-rates/{rate_id}/decisions")
async def list_rate_decisions(
    rate_id: RateId, session: Reading, scope: Scoped, wanted: WantedPageByKeys
) -> Page[RateDecision]:
    """The returns that were converted at a rate, oldest first, to be checked again after a correction."""
    rows = await wanted.rows(session, returns_resting_on(scope, rate_id), ReturnRow.id)
    decided = await decisions_on(session, scope, rate_id, rows)
    return wanted.page(rows, [RateDecision(**asdict(each)) for each in decided], ReturnRow.id)
