"""The invariants of `verify` about what was recorded: events, histories, effects, the audit trail."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import create_engine

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.services import described
from marketctl.verify.flow import applied, said
from marketctl.verify.questions import MOST_SHOWN, ask, named
from shared.events.lifecycles import BEGINS, LIFECYCLES
from shared.http.audit import broken_links


def gapless(market: Installation) -> list[str]:
    """I2: each aggregate's sequence is 1..n, and no service applied an event that was never published."""
    query = (
        "SELECT topic, key, count(*), min(sequence), max(sequence) FROM outbox GROUP BY topic, key"
        " HAVING count(*) <> max(sequence) OR min(sequence) <> 1"
    )
    found: list[str] = []
    everything: dict[tuple[str, str], int] = {}
    for service in SERVICES:
        found += named(market, service, query, "{0} {1}: {2} events with sequences {3} to {4}")
        everything |= said(market, service)
    for service in SERVICES:
        topics = set(described(service).subscriptions.topics())
        sequences, _ = applied(market, service)
        found += [
            f"{service} applied {last} of {key[0]} {key[1]}, which ends at {everything.get(key, 0)}"
            for key, last in sequences.items()
            if key[0] in topics and last > everything.get(key, 0)
        ]
    return found


_STARTS = {
    "fx-settlement": ("fx-settlement.collections", {
        "fx_settlement.collection_booked.v1", "fx_settlement.passed_on.v1", "fx_settlement.converted.v1",
    }),
    "registry": ("registry.subjects", {"registry.subject_filed.v1", "registry.filing_effective.v1"}),
}  # fmt: skip
_STATES = {
    "filing": ("registry", "registry.subjects"),
    "agreement": ("registry", "registry.agreements"),
    "trade": ("trade-ledger", "trade-ledger.trades"),
    "load": ("trade-ledger", "trade-ledger.packing-lists"),
    "packing_list": ("trade-ledger", "trade-ledger.packing-lists"),
    "declaration": ("trade-ledger", "trade-ledger.declarations"),
    "exemption_return": ("tax-exemption", "tax-exemption.returns"),
    "certificate": ("tax-exemption", "tax-exemption.certificates"),
}
_ONE = "SELECT key, sequence, key AS whose, content #>> '{{{kind},status}}' AS state FROM said"
_EACH_FILING = (
    "SELECT key, sequence, role->>'filing_number' AS whose, role->>'status' AS state"
    " FROM said, jsonb_array_elements(content #> '{subject,roles}') AS role"
)


def histories(market: Installation) -> list[str]:
    """I8: every aggregate's history is a path in its published state table, or starts as one of its kind may."""
    found = []
    for kind, (service, topic) in _STATES.items():
        states = _EACH_FILING if kind == "filing" else _ONE.format(kind=kind)
        query = (
            f"WITH said AS (SELECT key, sequence, convert_from(payload, 'UTF8')::jsonb AS content FROM outbox"
            f" WHERE topic = '{topic}'), states AS ({states}), steps AS (SELECT key, state,"
            f" lag(state, 1, '{BEGINS}') OVER (PARTITION BY whose ORDER BY sequence) AS before"
            f" FROM states WHERE state IS NOT NULL) SELECT before, state, min(key) FROM steps GROUP BY 1, 2"
        )
        table = LIFECYCLES[kind]
        found += [
            f"{kind} {key} went from {before or 'nothing'} to {state}"
            for before, state, key in ask(market, service, query)
            if state not in table.get(before, ())
        ]
    for service, (topic, starts) in _STARTS.items():
        query = f"SELECT key, type FROM outbox WHERE topic = '{topic}' AND sequence = 1"
        found += [
            f"{topic} {key} starts with {kind}" for key, kind in ask(market, service, query) if kind not in starts
        ]
    return found[:MOST_SHOWN]


def once_only(market: Installation) -> list[str]:
    """I9: as many effects as distinct keys answered 2xx."""
    found = []
    for service in SERVICES:
        query = (
            "SELECT k.principal, k.key, count(a.id) FROM idempotency_keys k LEFT JOIN audit a ON a.actor = k.principal"
            " AND a.idempotency_key = k.key AND a.outcome = 'done' WHERE k.status BETWEEN 200 AND 299"
            " GROUP BY 1, 2 HAVING count(a.id) <> 1"
        )
        found += named(market, service, query, service + ": key {1} of {0} had {2} effects")
    return found


def chained(market: Installation) -> list[str]:
    """I10: the audit trail is what was chained (V64)."""
    found: list[str] = []
    for service in SERVICES:
        engine = create_engine("postgresql+psycopg://", creator=partial(_connected_in_utc, market, service))
        tables = described(service).http_tables
        with engine.connect() as connection:
            found += [f"{service}: {broken}" for broken in islice(broken_links(connection, tables), MOST_SHOWN)]
        engine.dispose()
    return found


def _connected_in_utc(market: Installation, service: str) -> psycopg.Connection[tuple[Any, ...]]:
    connection = market.connect(service)
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
    return connection
