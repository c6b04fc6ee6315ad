"""What a bank asks about one trade, and a party about its money, is found by an index, however much there is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from fx_settlement.store.collections import collections_seen_by
from fx_settlement.store.conflicts import conflicts_seen_by
from fx_settlement.store.conversions import conversions_like, conversions_seen_by
from fx_settlement.store.parties import collector_is_known_to
from fx_settlement.store.pass_ons import pass_ons_seen_by
from fx_settlement.store.rooms import entitlements_seen_by
from fx_settlement.store.tables import EntitlementPortion, TradeCopy
from fx_settlement.store.tables.finding import FINDING
from shared.scope import OfBank, OfSubject, WholeField
from shared.workshop.testing.plans import in_words, unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase

_ID = UUID("019a0000-0000-7000-8000-000000000001")
_PARTY = OfSubject("LS", "operator", date(2026, 5, 13), "a", _ID)
_BANK = OfBank("LS", "bank", date(2026, 5, 13), "a", _ID)
_LISTS = {
    "cases of a party": conflicts_seen_by(_PARTY),
    "cases of a bank": conflicts_seen_by(_BANK),
    "collections of a party": collections_seen_by(_PARTY),
    "pass-ons of a bank": pass_ons_seen_by(_BANK),
    "conversions of a bank": conversions_seen_by(_BANK),
    "conversions announced since": conversions_like(
        conversions_seen_by(WholeField("LS", "safe", date(2026, 5, 13), "a")),
        month=None,
        updated_since=datetime(2026, 5, 13, tzinfo=UTC),
    ),
    "rooms of a party": entitlements_seen_by(_PARTY),
    "rooms of a bank's clients": entitlements_seen_by(_BANK),
}


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
        assert unbounded(http, f"SELECT FROM payables WHERE agent_id = '{_ID}' OR principal_id = '{_ID}'") == []
        assert unbounded(http, "SELECT FROM pass_ons WHERE bank_reference = 'r'") == []
        assert unbounded(http, "SELECT FROM conversions WHERE bank_reference = 'r'") == []
        assert unbounded(http, f"SELECT FROM matches WHERE owner_id = '{_ID}'") == []


def test_what_is_listed_is_found_by_an_index(make_service_database: MakeServiceDatabase) -> None:
    with psycopg.connect(as_process(make_service_database("fx-settlement"), "http")) as http:
        assert unbounded(http, "SELECT FROM audit WHERE pilot = 'LS' ORDER BY id DESC LIMIT 9") == []
        assert {name: found for name, each in _LISTS.items() if (found := unbounded(http, in_words(each)))} == {}


def test_each_function_that_finds_rows_is_bounded_by_an_index(make_service_database: MakeServiceDatabase) -> None:
    with psycopg.connect(make_service_database("fx-settlement")) as owner:
        for each in FINDING:
            assert unbounded(owner, each.split("$$")[1].replace("'bank_id', bank", "'bank_id', 'b'::text")) == []
