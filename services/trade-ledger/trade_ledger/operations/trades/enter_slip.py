"""Turn a workbook slip into a trade entry: looks up the parties and agreements that it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.sealing import Sealer
from trade_ledger.domain.slips import Slip
from trade_ledger.domain.workbook import DOMESTIC_LEG, YES, amount_in, date_in, is_whole
from trade_ledger.store.slip_names import SlipNames, names_of_buyer

_UNKNOWN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class EnteredSlip:
    """A slip as an entry to be read; the unread pointers say which of its values follow from no readable cell."""

    row: dict[str, Any]
    unread: frozenset[str]


def enter_slip(slip: Slip, names: SlipNames, *, importer: UUID, sealer: Sealer) -> EnteredSlip:
    """The entry made from a slip's cells, with the parties and agreements that they name."""
    row: dict[str, Any] = {"consignor_id": importer, **_lines(slip)}
    if slip.cells:
        row |= _head(slip, names, importer=importer, sealer=sealer)
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


def _head(slip: Slip, names: SlipNames, *, importer: UUID, sealer: Sealer) -> dict[str, Any]:
    cells = slip.cells
    traded_on = date_in(cells["trade_date"])
    holders = names.holders_of(cells["stall_number"], traded_on)
    if len(holders) > 1:
        slip.doubt_stall()
    seller_id = holders[0].subject_id if len(holders) == 1 else _UNKNOWN
    buyer_id = None
    if cells["buyer_number"]:
        buyer = names.subject(names_of_buyer(cells, sealer))
        buyer_id = _UNKNOWN if buyer is None else buyer.subject_id
    consignor_id = _consignor(cells, names, seller_id, importer)
    entrusted = cells["procurement_agency"] in YES
    return {
        "seller_id": seller_id,
        "consignor_id": consignor_id,
        "buyer_id": buyer_id,
        "procurement": "entrusted" if entrusted else "self",
        "export_agency_id": _export_agency(cells, names, seller_id, consignor_id),
        "procurement_agency_id": _procurement_agency(names, buyer_id, importer, traded_on) if entrusted else None,
        "domestic_leg": _domestic_leg(cells),
        "document_hashes": [cells["document_hash"]] if cells["document_hash"] else [],
        "external_ref": slip.number,
        "trade_date": traded_on,
        **{name: cells[name] for name in _AS_IT_STANDS},
    }


_AS_IT_STANDS = ("stall_number", "export_mode", "settlement_method", "channel", "price_term")


def _consignor(cells: dict[str, str], names: SlipNames, seller_id: UUID, importer: UUID) -> UUID:
    """The exporter: the seller for its own goods, the agent of the agency the seller names, else the caller."""
    if cells["export_mode"] == "own" and seller_id != _UNKNOWN:
        return seller_id
    if cells["export_mode"] == "agency" and seller_id == importer:
        named = names.agreement(cells["export_agency"])
        return importer if named is None else named.agent_id
    return importer


def _export_agency(cells: dict[str, str], names: SlipNames, seller_id: UUID, consignor_id: UUID) -> UUID | None:
    """The agreement that the slip names by number, else the newest between the two parties."""
    if cells["export_mode"] != "agency":
        return None
    if cells["export_agency"].lower() not in ("", *YES):
        named = names.agreement(cells["export_agency"])
        return _UNKNOWN if named is None else named.agreement_id
    found = names.agreement_between("export_agency", seller_id, consignor_id, date_in(cells["trade_date"]))
    return None if found is None else found.agreement_id


def _procurement_agency(names: SlipNames, buyer_id: UUID | None, importer: UUID, day: date | None) -> UUID | None:
    if buyer_id is None:
        return None
    found = names.agreement_between("procurement_agency", buyer_id, importer, day)
    return None if found is None else found.agreement_id


def _domestic_leg(cells: dict[str, str]) -> dict[str, Any] | None:
    if not any(cells[name] for name in DOMESTIC_LEG):
        return None
    leg = {name.removeprefix("domestic_"): cells[name] for name in DOMESTIC_LEG}
    return {**leg, "paid_on": date_in(leg["paid_on"])}


def _line(cells: dict[str, str]) -> dict[str, Any]:
    """Empty cells are left out, so that a column's own default holds."""
    told = {name: value for name, value in cells.items() if value and name not in ("slip", "stall_number", "currency")}
    return {**told, "packages": int(cells["packages"])} if is_whole(cells["packages"]) else told
