"""Turn a workbook slip into a trade entry: looks up the parties and agreements that it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import Sealer
from shared.vocabulary.identifiers import InvalidIdentifier
from trade_ledger.domain.slips import Slip
from trade_ledger.domain.workbook import DOMESTIC_LEG, YES, amount_in, date_in, is_whole
from trade_ledger.store.facts import agreement_between, agreement_by_number, subject_by_reference, subjects_by_stall
from trade_ledger.store.tables.copies import SubjectCopy

_UNKNOWN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class EnteredSlip:
    """A slip as an entry to be read; the unread pointers say which of its values follow from no readable cell."""

    row: dict[str, Any]
    unread: frozenset[str]


async def enter_slip(session: AsyncSession, slip: Slip, *, importer: UUID, sealer: Sealer, pilot: str) -> EnteredSlip:
    """The entry made from a slip's cells, with its parties looked up."""
    row: dict[str, Any] = {"consignor_id": importer, **_lines(slip)}
    if slip.cells:
        row |= await _head(session, slip, importer=importer, sealer=sealer, pilot=pilot)
    unread = slip.unread()
    if slip.cells and row["trade_date"] is None and row["seller_id"] != _UNKNOWN:
        # The stall may have had another holder on that day.
        unread.add("/seller_id")
    return EnteredSlip(row, frozenset(unread))


def _lines(slip: Slip) -> dict[str, Any]:
    lines = [cells for _, cells in slip.lines]
    return {
        "currency": next((cells["currency"] for cells in lines if cells["currency"]), ""),
        "total": f"{sum((amount_in(cells['amount']) for cells in lines), Decimal(0)):f}",
        "lines": [_line(cells) for cells in lines],
    }


async def _head(session: AsyncSession, slip: Slip, *, importer: UUID, sealer: Sealer, pilot: str) -> dict[str, Any]:
    cells = slip.cells
    traded_on = date_in(cells["trade_date"])
    holders = await subjects_by_stall(session, pilot, cells["stall_number"], traded_on)
    if len(holders) > 1:
        slip.doubt_stall()
    seller_id = holders[0].subject_id if len(holders) == 1 else _UNKNOWN
    buyer_id = None
    if cells["buyer_number"]:
        buyer = await _buyer(session, cells, sealer, pilot)
        buyer_id = _UNKNOWN if buyer is None else buyer.subject_id
    consignor_id = await _consignor(session, cells, pilot, seller_id, importer)
    entrusted = cells["procurement_agency"] in YES
    return {
        "seller_id": seller_id,
        "consignor_id": consignor_id,
        "buyer_id": buyer_id,
        "procurement": "entrusted" if entrusted else "self",
        "export_agency_id": await _export_agency(session, cells, pilot, seller_id, consignor_id),
        "procurement_agency_id": await _procurement_agency(session, pilot, buyer_id, importer, traded_on)
        if entrusted
        else None,
        "domestic_leg": _domestic_leg(cells),
        "document_hashes": [cells["document_hash"]] if cells["document_hash"] else [],
        "external_ref": slip.number,
        "trade_date": traded_on,
        **{name: cells[name] for name in _AS_IT_STANDS},
    }


_AS_IT_STANDS = ("stall_number", "export_mode", "settlement_method", "channel", "price_term")


async def _consignor(session: AsyncSession, cells: dict[str, str], pilot: str, seller_id: UUID, importer: UUID) -> UUID:
    """The exporter: the seller for its own goods, the agent of the agency the seller names, else the caller."""
    if cells["export_mode"] == "own" and seller_id != _UNKNOWN:
        return seller_id
    if cells["export_mode"] == "agency" and seller_id == importer:
        named = await agreement_by_number(session, pilot, cells["export_agency"])
        return importer if named is None else named.agent_id
    return importer


async def _export_agency(
    session: AsyncSession, cells: dict[str, str], pilot: str, seller_id: UUID, consignor_id: UUID
) -> UUID | None:
    """The agreement that the slip names by number, else the newest between the two parties."""
    if cells["export_mode"] != "agency":
        return None
    if cells["export_agency"].lower() not in ("", *YES):
        named = await agreement_by_number(session, pilot, cells["export_agency"])
        return _UNKNOWN if named is None else named.agreement_id
    found = await agreement_between(
        session, pilot, "export_agency", seller_id, consignor_id, date_in(cells["trade_date"])
    )
    return None if found is None else found.agreement_id


async def _procurement_agency(
    session: AsyncSession, pilot: str, buyer_id: UUID | None, importer: UUID, day: date | None
) -> UUID | None:
    if buyer_id is None:
        return None
    found = await agreement_between(session, pilot, "procurement_agency", buyer_id, importer, day)
    return None if found is None else found.agreement_id


async def _buyer(session: AsyncSession, cells: dict[str, str], sealer: Sealer, pilot: str) -> SubjectCopy | None:
    document = (cells["buyer_kind"], cells["buyer_number"], cells["buyer_country"])
    try:
        indexes = sealer.identity_indexes(*document)
    except InvalidIdentifier:
        return None
    return await subject_by_reference(session, pilot, number=cells["buyer_number"], identity_indexes=indexes)


def _domestic_leg(cells: dict[str, str]) -> dict[str, Any] | None:
    if not any(cells[name] for name in DOMESTIC_LEG):
        return None
    leg = {name.removeprefix("domestic_"): cells[name] for name in DOMESTIC_LEG}
    return {**leg, "paid_on": date_in(leg["paid_on"])}


def _line(cells: dict[str, str]) -> dict[str, Any]:
    """Empty cells are left out, so that a column's own default holds."""
    told = {name: value for name, value in cells.items() if value and name not in ("slip", "stall_number", "currency")}
    return {**told, "packages": int(cells["packages"])} if is_whole(cells["packages"]) else told
