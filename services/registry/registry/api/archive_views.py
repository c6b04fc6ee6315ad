"""The file of a subject as it stood on a day (管理档案, R-FILE-5, V64)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.archive_schemas import Archive, ArchivedAgreement, TradedGoods
from registry.api.schemas import SubjectStateOut
from registry.api.subject_views import version_shown
from registry.domain.archive import AgreementDates, breaches_of_archive_day, status_before, was_in_force
from registry.store.agreements import agreements_of
from registry.store.entrusted_goods import goods_traded_by
from registry.store.erasing import erased_among
from registry.store.subject_versions import versions_before
from registry.store.tables import AgreementRow, EntrustedGoodsRow
from shared.rows import model_from
from shared.scope import Scope
from shared.vocabulary.errors import Malformed, NotFound
from shared.vocabulary.legal_time import start_of_legal_day


async def archive_on(
    session: AsyncSession, scope: Scope, subject_id: UUID, day: date, *, filer: UUID | None
) -> Archive:
    """Subject and agreements at the end of the day; a party finds the agreements it is in itself.

    `filer` is the caller's party where it sees of the subject only what it filed for it.
    """
    if breaches := breaches_of_archive_day(day, scope.today):
        raise Malformed(breaches)
    instant = start_of_legal_day(day + timedelta(days=1))
    agreements = await agreements_of(session, scope, subject_id)
    others = {row.principal_id if row.agent_id == subject_id else row.agent_id for row in agreements}
    states = await versions_before(session, others, instant)
    states |= await versions_before(session, {subject_id}, instant, filer)
    erased = await erased_among(session, states)
    if subject_id not in states:
        raise NotFound(f"{subject_id} was not filed by {day}")
    goods = await goods_traded_by(session, {row.id for row in agreements}, day)
    shown = {each: version_shown(row, None, erased=each in erased).state for each, row in states.items()}
    archived = [_archived(row, subject_id, shown, day, instant, goods.get(row.id, [])) for row in agreements]
    return Archive(
        on=day,
        subject=version_shown(states[subject_id], filer, erased=subject_id in erased),
        agreements=[each for each in archived if each],
    )


def _archived(
    row: AgreementRow,
    subject_id: UUID,
    states: dict[UUID, SubjectStateOut],
    day: date,
    instant: datetime,
    goods: list[EntrustedGoodsRow],
) -> ArchivedAgreement | None:
    dates = AgreementDates(
        row.principal_confirmed_at, row.agent_confirmed_at, row.terminated_at, row.valid_from, row.valid_to
    )
    status = status_before(dates, instant)
    if status is None:
        return None
    is_agent = row.agent_id == subject_id
    other = states[row.principal_id if is_agent else row.agent_id]
    return model_from(
        ArchivedAgreement,
        row,
        as_party="agent" if is_agent else "principal",
        counterparty_id=other.subject_id,
        counterparty_name=other.display_name,
        counterparty_identity_mask=other.identity,
        traded_goods=[model_from(TradedGoods, each) for each in goods],
        status=status,
        in_force=was_in_force(dates, status, day),
    )
