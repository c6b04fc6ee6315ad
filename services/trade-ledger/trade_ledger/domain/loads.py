"""May this load be opened, sealed, reported as arrived (R-PACK-1, R-PACK-4, R-FILE-9, V16, V22)?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.vocabulary.rules import Breach

# What a declaration in one of these held has left the load: departed, or taken out again.
GONE = frozenset({"departed", "returned", "shut_out"})


def breaches_of_carrier(container_number: str | None, vehicle: str | None) -> tuple[Breach, ...]:
    """A load is one container or one vehicle, never both (R-PACK-4)."""
    if (container_number is None) == (vehicle is None):
        return (Breach("load_carrier_unclear", "R-PACK-4", "/container_number"),)
    return ()


def may_pack_into(subject_id: str, consolidator_id: str, admitted_ids: Collection[str]) -> bool:
    """Whether a party may open packing lists in a load: its own, or one whose consolidator admits it (R-PACK-4)."""
    return subject_id == consolidator_id or subject_id in admitted_ids


def breaches_of_unsealed(list_statuses: Sequence[str]) -> tuple[Breach, ...]:
    """Breaches for packing lists that aren't sealed when the load is sealed; void ones don't count (R-PACK-1)."""
    counted = [status for status in list_statuses if status != "void"]
    if not counted or any(status != "sealed" for status in counted):
        return (Breach("packing_lists_not_sealed", "R-PACK-1"),)
    return ()


@dataclass(frozen=True, slots=True)
class ListInLoad:
    """A packing list of a load, with the status of the declaration that holds it (none: not declared)."""

    number: str
    status: str
    declaration_status: str | None


def breaches_of_reopened_load(load_status: str, lists: Sequence[ListInLoad]) -> tuple[Breach, ...]:
    """A sealed load is opened again while no list stands in a declaration that customs may act on (R-PACK-1)."""
    if load_status not in ("sealed", "arrived"):
        return (Breach("load_not_sealed", "R-PACK-1"),)
    return tuple(
        Breach("packing_list_in_declaration", "R-PACK-1", "", {"packing_list": each.number})
        for each in lists
        if each.status != "void" and each.declaration_status not in (None, *GONE)
    )


def lists_still_in(lists: Sequence[ListInLoad]) -> tuple[str, ...]:
    """The lists whose goods are in the load: neither void nor of a declaration whose goods are gone (R-PACK-3)."""
    return tuple(each.number for each in lists if each.status != "void" and each.declaration_status not in GONE)


def breaches_of_closed_load(load_status: str, lists: Sequence[ListInLoad]) -> tuple[Breach, ...]:
    """A load is closed once, and empty: then its container is free (R-PACK-3, V23)."""
    if load_status == "closed":
        return (Breach("load_closed_already", "R-PACK-3"),)
    return tuple(Breach("load_holds_goods", "R-PACK-3", "", {"packing_list": each}) for each in lists_still_in(lists))


def breaches_of_seal(seal_number: str, earlier: Sequence[str]) -> tuple[Breach, ...]:
    """What was opened again gets a new seal: a broken one seals nothing (R-PACK-1)."""
    if seal_number in earlier:
        return (Breach("seal_used", "R-PACK-1", "/seal_number", {"seal": seal_number}),)
    return ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What a load carries, or the most that one may."""

    gross_weight_kg: Decimal
    volume_m3: Decimal


def breaches_of_maxima(carried: Carried, most: Carried) -> tuple[Breach, ...]:
    """Breaches of volume and payload, checked on the whole load; both limits are inclusive (V22)."""
    compared = {
        "gross_weight_kg": (carried.gross_weight_kg, most.gross_weight_kg),
        "volume_m3": (carried.volume_m3, most.volume_m3),
    }
    return tuple(
        Breach("load_over_maximum", "V22", "", {"what": what, "value": f"{value:f}", "most": f"{limit:f}"})
        for what, (value, limit) in compared.items()
        if value > limit
    )


@dataclass(frozen=True, slots=True)
class ArrivalFacts:
    """A load as its site reports it; `site_filed` where that is a supervised site on the day of arrival."""

    load_status: str
    arrived_already: bool
    site_filed: bool
    arrived_at: datetime
    now: datetime


def breaches_of_arrival(facts: ArrivalFacts) -> tuple[Breach, ...]:
    """Every reason why the arrival can't be recorded; a load that departed meanwhile is recorded late (R-PACK-1)."""
    breaches = []
    if facts.load_status not in ("sealed", "closed") or facts.arrived_already:
        breaches.append(Breach("load_not_sealed", "R-PACK-1"))
    if not facts.site_filed:
        breaches.append(Breach("site_not_filed", "R-FILE-9", "/site_id"))
    if facts.arrived_at > facts.now:
        breaches.append(Breach("date_in_the_future", "V16", "/arrived_at"))
    return tuple(breaches)
