"""What an account, a party or a bank asks for is found by an index, however many subjects there are."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Select

from registry.store.amendments import amendments_seen_by
from registry.store.claims import claims_seen_by
from registry.store.subjects import subjects_filed, subjects_seen_by
from registry.store.tables.finding import FINDING
from shared.scope import Newcomer, OfBank, OfSubject, Scope, WholeField
from shared.workshop.testing.plans import in_words, unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase

_PARTY = UUID("019a0000-0000-7000-8000-000000000001")
_DAY = date(2026, 5, 13)
_AGENT = OfSubject("LS", "agent", _DAY, "a", _PARTY)
_BANK = OfBank("LS", "bank", _DAY, "a", _PARTY)
_NEWCOMER = Newcomer("LS", "stall_holder", _DAY, "a")
_COMMERCE = WholeField("LS", "commerce", _DAY, "a")


def _filed(scope: Scope) -> Select[Any]:
    return subjects_filed(subjects_seen_by(scope), scope, role="operator", status="pending")


_LISTS = {
    "subjects of a party": subjects_seen_by(_AGENT),
    "subjects of a party, by their filings": _filed(_AGENT),
    "clients of a bank": subjects_seen_by(_BANK),
    "subjects of an account": subjects_seen_by(_NEWCOMER),
    "subjects by their filings": _filed(_COMMERCE),
    "amendments of a party": amendments_seen_by(_AGENT),
    "amendments of an account": amendments_seen_by(_NEWCOMER),
    "amendments in a state": amendments_seen_by(_COMMERCE, status="open"),
    "claims of a party": claims_seen_by(_AGENT),
    "claims of an account": claims_seen_by(_NEWCOMER),
    "claims in a state": claims_seen_by(_COMMERCE, status="open"),
}


@pytest.fixture
def dsn(make_service_database: MakeServiceDatabase) -> str:
    return make_service_database("registry")


def test_subjects_are_found_by_the_account_that_asks(dsn: str) -> None:
    with psycopg.connect(as_process(dsn, "http")) as http:
        assert unbounded(http, "SELECT FROM subjects WHERE account = 'a'") == []


def test_what_is_listed_is_found_by_an_index(dsn: str) -> None:
    with psycopg.connect(as_process(dsn, "http")) as http:
        assert unbounded(http, "SELECT FROM audit WHERE pilot = 'LS' ORDER BY id DESC LIMIT 9") == []
        assert {name: found for name, each in _LISTS.items() if (found := unbounded(http, in_words(each)))} == {}


def test_each_function_that_finds_rows_is_bounded_by_an_index(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        for each in FINDING:
            assert unbounded(owner, each.split("$$")[1].replace("'bank_id', bank", "'bank_id', 'b'::text")) == []
