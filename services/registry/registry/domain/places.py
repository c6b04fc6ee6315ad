"""What the dates of a bank, site or port must be (R-FILE-9), and a pilot's number prefix (V60)."""

from __future__ import annotations

from datetime import date

from shared.vocabulary.rules import Breach


def breaches_of_place(valid_from: date, valid_to: date | None) -> tuple[Breach, ...]:
    """Why a place can't be filed for these days."""
    reversed_dates = valid_to is not None and valid_to < valid_from
    return (Breach("place_dates_reversed", "R-FILE-9", "/valid_to"),) if reversed_dates else ()


def breaches_of_prefix(prefix: str, *, held_by_another: bool) -> tuple[Breach, ...]:
    """Breach where another pilot has the prefix: numbers of the two would look alike."""
    return (Breach("number_prefix_taken", "V60", "/number_prefix", {"prefix": prefix}),) if held_by_another else ()


def breaches_of_pilot(pilot: str, *, filed: bool) -> tuple[Breach, ...]:
    """Breach if nobody has filed the pilot's own data; nothing can be filed or numbered in it."""
    return () if filed else (Breach("pilot_unknown", "R-FILE-2", "", {"pilot": pilot}),)


def breaches_of_place_id(place_id: str, *, taken: bool) -> tuple[Breach, ...]:
    """Breach where the place is filed already."""
    return (Breach("place_filed_already", "R-FILE-9", "", {"place": place_id}),) if taken else ()
