"""What the HTTP process looks up has an index that serves it under the row policies, however large the table gets."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import psycopg
import pytest

from shared.scope import OfSubject
from shared.workshop.testing.plans import in_words, unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase
from trade_ledger.store.conflicts import conflicts_seen_by
from trade_ledger.store.tables.finding import FINDING
from trade_ledger.store.traced_statement import ASKED, SLIP, UNDER
from trade_ledger.store.trades import trades_seen_by

_PARTY = UUID("019a0000-0000-7000-8000-000000000001")
_ID = f"'{_PARTY}'"
_ABOUT = "SELECT $1::uuid[] AS ids, $2::uuid[] AS principals, $3::uuid[] AS unnamed"
_LOOKUPS = {
    "what is packed of a trade": f"SELECT FROM packed_lines WHERE trade_id = {_ID}",
    "a trade's documents": f"SELECT FROM trade_documents WHERE trade_id = {_ID}",
    "what was heard of an aggregate": "SELECT FROM trace_links WHERE key = 'k'",
    "what names something": "SELECT FROM trace_links WHERE event_id IN (SELECT events_naming(ARRAY['k']))",
    "who holds a stall": "SELECT FROM subject_copies WHERE subject_id IN (SELECT holders_of_stall('02-0001'))",
    "a slip": "SELECT FROM trades WHERE external_ref = 'S-1'",
    "a slip, of the trace": f"SELECT FROM trades WHERE {SLIP.replace(ASKED, '$1')}",
    "a party's trades": f"SELECT FROM trades WHERE seller_id = {_ID} OR consignor_id = {_ID} OR buyer_id = {_ID}"
    f" OR (registered_by = {_ID} AND registered_by <> seller_id AND registered_by <> consignor_id)",
    "trades that are void": "SELECT FROM trades WHERE status = 'void'",
    "trades of a month": "SELECT FROM trades WHERE trade_date >= '2026-05-01' AND trade_date < '2026-06-01'",
    "what was said lately": "SELECT FROM outbox WHERE topic = 'trade-ledger.trades' AND occurred_at >= now()",
    "trades under an agreement": f"SELECT FROM ({_ABOUT}) AS about CROSS JOIN LATERAL ("
    f"SELECT FROM trades WHERE {UNDER} LIMIT 9) AS newest",
    "trades that an agent buys": in_words(trades_seen_by(OfSubject("LS", "agent", date(2026, 5, 13), "a", _PARTY))),
    "a pilot's audit": "SELECT FROM audit WHERE pilot = 'LS' ORDER BY id DESC LIMIT 9",
    "cases that wait for somebody": "SELECT FROM conflicts WHERE must_act = 'customs' ORDER BY id DESC LIMIT 9",
    "cases of a party": in_words(conflicts_seen_by(OfSubject("LS", "operator", date(2026, 5, 13), "a", _PARTY))),
    "what became of a file": f"SELECT FROM trade_job_results WHERE job_id = {_ID}",
    "loads with a seal": "SELECT FROM loads WHERE seal_number = 's'",
}


@pytest.fixture
def dsn(make_service_database: MakeServiceDatabase) -> str:
    return make_service_database("trade-ledger")


def test_each_look_up_of_the_http_process_is_bounded_by_an_index(dsn: str) -> None:
    with psycopg.connect(as_process(dsn, "http")) as http:
        assert {name: found for name, each in _LOOKUPS.items() if (found := unbounded(http, each))} == {}
        # An operator that isn't leakproof is asked after the policy: no index serves it.
        assert unbounded(http, "SELECT FROM trace_links WHERE refs && ARRAY['k']") == ["trace_links"]


def test_each_function_that_finds_rows_is_bounded_by_an_index(dsn: str) -> None:
    questions = [each.split("$$")[1].replace("$$", "") for each in FINDING]
    given = (("refs && named", "refs && ARRAY['k']"), ("refs @> named", "refs @> ARRAY['k']"),
             ("?| trades", "?| ARRAY['k']"), ("ANY(agencies)", "ANY(ARRAY['k'])"),
             ("said", "'k'::text"), ("= rate", "= 'r'::text"))  # fmt: skip
    with psycopg.connect(dsn) as owner:
        for question in questions:
            for name, value in given:
                question = question.replace(name, value)
            assert unbounded(owner, question) == [], question
