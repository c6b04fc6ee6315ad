"""Customs' monthly rates: import and correction by two persons each, and what was decided at a rate (R-FX-10)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Response

from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPageByKeys
from shared.http.published_rates import RateCorrectionIn
from shared.http.routes import service_router
from shared.rows import model_from
from shared.vocabulary.published_rates import RateCorrection
from shared.wire import OpaqueText
from trade_ledger.api.filters import WantedRates
from trade_ledger.api.rate_schemas import (
    CustomsRateIn,
    CustomsRateOut,
    RateDecision,
)
from trade_ledger.operations.declarations.confirm_rate_correction import confirm_rate_correction
from trade_ledger.operations.declarations.import_customs_rate import import_customs_rate
from trade_ledger.operations.declarations.propose_rate_correction import propose_rate_correction
from trade_ledger.store.customs_rates import customs_rates, declarations_resting_on
from trade_ledger.store.rate_decisions import decisions_on
from trade_ledger.store.tables.declarations import CustomsRateRow, DeclarationRow

router = service_router("declarations")
RateId = Annotated[OpaqueText, Path(max_length=80, description="as the list of rates shows it")]


@router.post("/v1/customs-rates", operation_id="import_customs_rate", status_code=201, response_model=CustomsRateOut)
async def import_rate(body: CustomsRateIn, command: Commanded) -> Response:
    """Import a customs monthly rate; a second person confirms it.

    It is for the caller's pilot; the national pilot's offices publish for all pilots.
    """
    row = await import_customs_rate(command.session, **body.model_dump(), act=command.act)
    return await command.answer(model_from(CustomsRateOut, row), status=201)


@router.get("/v1/customs-rates")
async def list_customs_rates(
    session: Reading, scope: Scoped, wanted: WantedPageByKeys, asked: WantedRates
) -> Page[CustomsRateOut]:
    """The rates that the caller's pilot goes by, with their corrections."""
    rows = await wanted.rows(session, customs_rates(scope, **asdict(asked)), CustomsRateRow.id)
    return wanted.page(rows, [model_from(CustomsRateOut, each) for each in rows], CustomsRateRow.id)


@router.post("/v1/customs-rates/{rate_id}/corrections", status_code=201, response_model=CustomsRateOut)
async def propose_a_rate_correction(rate_id: RateId, body: RateCorrectionIn, command: Commanded) -> Response:
    """Propose a correction: a new entry, which a second person confirms."""
    row = await propose_rate_correction(command.session, rate_id, RateCorrection(**body.model_dump()), act=command.act)
    return await command.answer(model_from(CustomsRateOut, row), status=201)


@router.post("/v1/customs-rates/{rate_id}/confirmations", response_model=CustomsRateOut)
async def confirm_a_rate_correction(rate_id: RateId, command: Commanded) -> Response:
    """Confirm an entry as a second person: what is decided from now on goes by it."""
    row = await confirm_rate_correction(command.session, rate_id, act=command.act)
    return await command.answer(model_from(CustomsRateOut, row))


@router.get("/v1/customs-rates/{rate_id}/decisions")
async def list_rate_decisions(
    rate_id: RateId, session: Reading, scope: Scoped, wanted: WantedPageByKeys
) -> Page[RateDecision]:
    """The declarations that were valued at a rate, oldest first, to be checked again after a correction."""
    rows = await wanted.rows(session, declarations_resting_on(scope, rate_id), DeclarationRow.id)
    decided = await decisions_on(session, scope, rows)
    return wanted.page(rows, [RateDecision(**asdict(each)) for each in decided], DeclarationRow.id)
