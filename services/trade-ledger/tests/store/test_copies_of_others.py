"""Copies keep what other services announced: a rebuilt copy equals the original one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.events.registry import PilotChanged, PortDesignated, SiteFiled
from shared.workshop.testing.registry_events import places
from trade_ledger.store.documents import Shown
from trade_ledger.store.tables.copies import PlaceCopy


@pytest.mark.parametrize("kind", [PilotChanged, SiteFiled, PortDesignated])
def test_a_place_is_read_by_its_kind(kind: type) -> None:
    said = next(event for event in places(uuid4()) if isinstance(event, kind))
    adapter = PlaceCopy.__table__.c.content.type.adapter
    read = adapter.validate_json(adapter.dump_json(said))
    assert isinstance(said, type(read))
    assert read.model_dump() == said.model_dump()


@pytest.mark.parametrize("told", [{}, {"number": "CE-1", "issued_number": None}, {"version": 2, "total": "3.00"}])
def test_a_trace_shows_what_an_event_has_and_nothing_else(told: dict[str, object]) -> None:
    assert Shown.model_validate(told).model_dump(mode="json") == told
