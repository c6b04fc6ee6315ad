"""What a bank asks about one trade, and a party about its money, is found by an index, however much there is."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from fx_settlement.store.parties import collector_is_known_to
from fx_settlement.store.tables import EntitlementPortion, TradeCopy
from shared.workshop.testing.plans import in_words, unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase

_ID = UUID("019a0000-0000-7000-8000-000000000001")


def _known(collector: InstrumentedAttribute[UUID], collection_id: UUID | None) -> ColumnElement[bool]:
    return collector_is_known_to(collector, _ID, date(2026, 5, 13), collection_id)


@pytest.mark.parametrize("collection_id", [None, _ID])
def test_whose_exports_a_bank_may_name_is_asked_of_each_collector(
    make_service_database: MakeServiceDatabase, collection_id: UUID | None
) -> None:
    trade, portion = TradeCopy, EntitlementPortion
    asked = (
        select(trade.trade_id).where(trade.trade_id == _ID, _known(trade.collector_id, collection_id)),
        select(portion.portion_id).where(portion.portion_id == _ID, _known(portion.collector_id, collection_id)),
    )
    with psycopg.connect(as_process(make_service_database("fx-settlement"), "http")) as http:
        for query in asked:
            assert unbounded(http, in_words(query)) == []


def test_a_party_s_money_is_found_by_an_index(make_service_database: MakeServiceDatabase) -> None:
    own = f"collector_id = '{_ID}' OR owner_id = '{_ID}' OR consignor_id = '{_ID}'"
    with psycopg.connect(as_process(make_service_database("fx-settlement"), "http")) as http:
        assert unbounded(http, f"SELECT FROM entitlement_portions WHERE {own}") == []
        assert unbounded(http, f"SELECT FROM matches WHERE owner_id = '{_ID}'") == []
