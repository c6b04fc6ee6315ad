"""File a stall holder's exemption return of a month: every open item, no more and no less (R-TAX-2, R-TAX-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.tax_exemption import ReturnFiled, ReturnState
from shared.policy import policy_of
from shared.rows import lock_name, next_number
from shared.vocabulary.errors import Hidden, Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from tax_exemption.domain.dues import Due, due_in, dues_of
from tax_exemption.domain.filing import (
    FilingFacts,
    LineFacts,
    breaches_of_filing,
    corrected_at,
    earliest_kept_month,
    exempt_rmb,
    gate_is_open,
)
from tax_exemption.domain.period import breaches_of_frequencies
from tax_exemption.domain.rates import breaches_of_missing_rates, rate_day
from tax_exemption.domain.window import Window
from tax_exemption.publishers.returns import announce_return
from tax_exemption.store.calendar import Calendar, calendar
from tax_exemption.store.items import OpenItem, files_for, open_items_of
from tax_exemption.store.parameters import MiddleRateReachDays
from tax_exemption.store.periods import periods_of, window_for
from tax_exemption.store.pilots import gate_of, prefix_of
from tax_exemption.store.rates import middle_rate
from tax_exemption.store.returns import add_lines, choice_since
from tax_exemption.store.tables import ExemptionItem, RateChoiceRow, ReturnRow, policy


async def file_return(
    session: AsyncSession,
    stall_holder_id: UUID,
    *,
    filer_id: UUID,
    month: str,
    rate_choice: str,
    outside_reference: str | None,
    act: Act,
) -> ReturnState:
    """The filed return (or the record of one filed outside), or every reason why not."""
    # One return of a stall holder at a time, and only by the named filer: no item stands in two (V48, V50).
    await lock_name(session, str(stall_holder_id))
    if filer_id != stall_holder_id and not await files_for(session, act.pilot, filer_id, stall_holder_id):
        raise Hidden("the stall holder's items are somebody else's")
    today = legal_date(act.now)
    rules = await policy_of(session, policy, act.pilot)
    days = await calendar(session, act.pilot)
    window = window_for(month, rules, days, today)
    periods = await periods_of(session, stall_holder_id, rules, today)
    if unknown := breaches_of_frequencies(periods.frequencies):
        raise Refused(unknown)
    # Thousands of items left on the same few days.
    period_of = cache(periods.of)
    due = [
        _Part(found, each)
        for found in await open_items_of(session, act.pilot, stall_holder_id)
        for each in due_in(dues_of(found.facts, period_of), month, own_month=period_of(found.item.export_date))
    ]
    mine = [each for each in due if each.of.item.exemption_filer_id == filer_id]
    free = [each for each in mine if not each.of.item.frozen]
    late = [each for each in free if today > window.last and each.of.may_be_late_after(window.last)]
    reach_days = rules.on(MiddleRateReachDays, today).value
    lines, missing = await _lines(session, act.pilot, late or free, rate_choice, reach_days)
    facts = FilingFacts(
        today=today,
        window=window,
        late_accepted=bool(late),
        open_lines=len(lines) + len(missing),
        filer_entitled=bool(mine) or not due,
        gate_open=gate_is_open(await gate_of(session, act.pilot), today),
        outside_reference=outside_reference,
        rate_choice=rate_choice,
        kept_choice=await choice_since(session, stall_holder_id, earliest_kept_month(month)),
        frozen_lines=len(mine) - len(free),
    )
    breaches = breaches_of_filing(facts) + missing
    if breaches:
        raise Refused(breaches)
    row = _row(stall_holder_id, filer_id, month, rate_choice, outside_reference, window, days, facts, act)
    row.number = human_number(await prefix_of(session, act.pilot), "RE", await next_number(session, "return"))
    row.total_rmb = sum((line["exempt_rmb"] for line in lines), Decimal(0))
    session.add(row)
    await session.flush()
    for number, line in enumerate(lines, 1):
        line |= {"return_id": row.id, "line_no": number, "pilot": act.pilot}
    await add_lines(session, lines)
    if facts.kept_choice is None:
        session.add(
            RateChoiceRow(stall_holder_id=stall_holder_id, chosen_for=month, pilot=act.pilot, choice=rate_choice)
        )
    return await announce_return(session, row, ReturnFiled, act=act, lines=lines)


@dataclass(frozen=True, slots=True)
class _Part:
    """What of an item stands in the return."""

    of: OpenItem
    due: Due


async def _lines(
    session: AsyncSession, pilot: str, parts: list[_Part], rate_choice: str, reach_days: int
) -> tuple[list[dict[str, Any]], tuple[Breach, ...]]:
    """The columns of the return's lines."""
    lines: list[dict[str, Any]] = []
    facts: list[LineFacts] = []
    missing: list[tuple[str, date]] = []
    published: dict[tuple[str, date], tuple[str, Decimal] | None] = {}
    for part in parts:
        item, due = part.of.item, part.due
        declared = part.of.declared_by_rate
        if due.departed_on is None and declared:
            for fob, at in corrected_at(due.fob, declared):
                lines.append(_line(item, due, fob, at.rate_id, at.rate))
                facts.append(LineFacts(fob, at.rate, at.fob, at.rmb, first=False))
            continue
        day = rate_day(rate_choice, item.sale_date, due.departed_on or item.export_date)
        if (item.currency, day) not in published:
            found = await middle_rate(session, pilot, item.currency, day, reach_days=reach_days)
            published[item.currency, day] = found
        rate = published[item.currency, day]
        if rate is None:
            missing.append((item.currency, day))
            continue
        lines.append(_line(item, due, due.fob, *rate))
        facts.append(LineFacts(due.fob, rate[1]))
    for line, added in zip(lines, exempt_rmb(facts), strict=True):
        line["exempt_rmb"] = added
    return lines, breaches_of_missing_rates(missing)


def _line(item: ExemptionItem, due: Due, fob: Decimal, rate_id: str, rate: Decimal) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "portion_id": item.portion_id,
        "declaration_id": item.declaration_id,
        "customs_number": item.customs_number,
        "item_no": item.item_no,
        "export_date": due.departed_on or item.export_date,
        "fob_value": fob,
        "currency": item.currency,
        "rate": rate,
        "rate_id": rate_id,
        "adjustment": due.departed_on is None,
    }


def _row(
    stall_holder_id: UUID,
    filer_id: UUID,
    month: str,
    rate_choice: str,
    outside_reference: str | None,
    window: Window,
    days: Calendar,
    facts: FilingFacts,
    act: Act,
) -> ReturnRow:
    return ReturnRow(
        id=uuid7(),
        pilot=act.pilot,
        version=0,
        stall_holder_id=stall_holder_id,
        filer_id=filer_id,
        filed_by=act.actor,
        month=month,
        status="filed" if facts.gate_open else "filed_outside",
        filing_kind="in_window" if window.holds(facts.today) else "late",
        window_from=window.first,
        window_to=window.last,
        calendar_version=days.version,
        rate_choice=rate_choice,
        filed_at=act.now,
        accepted_at=None,
        outside_reference=outside_reference,
    )
