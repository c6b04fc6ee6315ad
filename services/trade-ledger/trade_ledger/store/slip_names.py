"""Whom and what the slips of a workbook name, looked up for all of them in three statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import Sealer
from shared.vocabulary.identifiers import InvalidIdentifier
from trade_ledger.domain.parties import ACTIVE, HOLDING, stall_in_force
from trade_ledger.store.facts import CONFIRMED, newest_agreement, stalls_of, standings_of
from trade_ledger.store.tables.copies import AgreementCopy, SubjectCopy


@dataclass(frozen=True, slots=True)
class SlipNames:
    """What the copies of registry know of the names in a workbook's slips."""

    holders: Mapping[str, Sequence[SubjectCopy]]
    """By stall number who holds or held it, as they were filed."""
    subjects: Mapping[str, SubjectCopy]
    """By number and by blind index of an identity who it is; of several the one filed first."""
    agreements: Sequence[AgreementCopy]

    def holders_of(self, stall_number: str, day: date | None) -> Sequence[SubjectCopy]:
        """Who held a stall on a day, preferably one still active; else who ever did, and a rule says what is wrong.

        Several only where more than one held it on that day: then nobody knows whose goods they are.
        """

        def held(holder: SubjectCopy) -> bool:
            return day is not None and stall_in_force(stalls_of(holder), stall_number, day)

        def is_in(holder: SubjectCopy, states: frozenset[str]) -> bool:
            filed = (standings_of(holder) or {}).get("stall_holder")
            return filed is not None and filed.status in states

        holders = self.holders.get(stall_number, ())
        on_the_day = [each for each in holders if held(each) and is_in(each, HOLDING)]
        if len(on_the_day) > 1:
            return on_the_day
        return [max(holders, key=lambda each: (held(each), is_in(each, ACTIVE)))] if holders else []

    def subject(self, names: Iterable[str]) -> SubjectCopy | None:
        """Who is known under one of these numbers and blind indexes; of several the one filed first."""
        found = [self.subjects[name] for name in names if name in self.subjects]
        return min(found, key=lambda each: each.subject_id) if found else None

    def agreement(self, number: str) -> AgreementCopy | None:
        """The agreement that a slip names."""
        return next((each for each in self.agreements if each.number == number), None)

    def agreement_between(
        self, kind: str, principal_id: UUID, agent_id: UUID, day: date | None
    ) -> AgreementCopy | None:
        """The newest confirmed agreement of two parties, preferably one that covers the day."""
        parties = kind, principal_id, agent_id
        between = [each for each in self.agreements if (each.kind, each.principal_id, each.agent_id) == parties]
        return newest_agreement([each for each in between if each.status == CONFIRMED], day)


def names_of_buyer(cells: Mapping[str, str], sealer: Sealer) -> tuple[str, ...]:
    """The number and the blind indexes under which a slip's buyer may be known; none of what no identity can be."""
    number = cells["buyer_number"]
    try:
        return (number, *sealer.identity_indexes(cells["buyer_kind"], number, cells["buyer_country"])) if number else ()
    except InvalidIdentifier:
        return ()


async def slip_names(
    session: AsyncSession,
    pilot: str,
    *,
    stalls: Collection[str],
    subjects: Collection[str],
    agreements: Collection[str],
    agent_id: UUID,
) -> SlipNames:
    """Read what is known of stalls, of subjects by number or blind index, and of agreements by number.

    Of agreements those of whom it found with the agent, too.
    """
    holders = await _holders(session, pilot, stalls)
    found = await _subjects(session, pilot, set(subjects))
    principals = {each.subject_id for some in holders.values() for each in some}
    principals |= {each.subject_id for each in found.values()}
    query = select(AgreementCopy).where(
        AgreementCopy.pilot == pilot,
        or_(
            AgreementCopy.number.in_(set(agreements)),
            and_(
                AgreementCopy.agent_id == agent_id,
                AgreementCopy.principal_id.in_(principals),
                AgreementCopy.status == CONFIRMED,
            ),
        ),
    )
    return SlipNames(holders, found, list((await session.execute(query)).scalars()))


async def _holders(session: AsyncSession, pilot: str, stalls: Collection[str]) -> dict[str, list[SubjectCopy]]:
    asked = func.unnest(cast(sorted(set(stalls)), ARRAY(Text))).table_valued("stall").render_derived(name="asked")
    holding = func.holders_of_stall(asked.c.stall).table_valued("holder").render_derived(name="holding")
    query = (
        select(asked.c.stall, SubjectCopy)
        .select_from(asked)
        .join(holding, true())
        .join(SubjectCopy, SubjectCopy.subject_id == holding.c.holder)
        .where(SubjectCopy.pilot == pilot)
        .order_by(SubjectCopy.subject_id)
    )
    holders: dict[str, list[SubjectCopy]] = {}
    for number, row in await session.execute(query):
        holders.setdefault(number, []).append(row)
    return holders


async def _subjects(session: AsyncSession, pilot: str, names: set[str]) -> dict[str, SubjectCopy]:
    query = select(SubjectCopy).where(
        SubjectCopy.pilot == pilot,
        or_(SubjectCopy.number.in_(names), SubjectCopy.identity_index.in_(names)),
    )
    found: dict[str, SubjectCopy] = {}
    for row in (await session.execute(query.order_by(SubjectCopy.subject_id))).scalars():
        for name in {row.number, row.identity_index} & names:
            found.setdefault(str(name), row)
    return found
