"""The invariants of `verify` about what was recorded: events, histories, effects, the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.services import described
from marketctl.verify.audit_heads import Seen, keep_heads, published_heads, seen_heads
from marketctl.verify.flow import applied, said
from marketctl.verify.questions import MOST_SHOWN, ask, named
from shared.events.catalogue import TOPICS
from shared.events.lifecycles import BEGINS, LIFECYCLES
from shared.http.audit_chain import broken_links
from shared.http.tables import HttpTables
from shared.messaging.audit_heads import Head


def gapless(market: Installation) -> list[str]:
    """I2: each aggregate's sequence is 1..n, and every service applied the owner's own events and no others."""
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
    return found + foreign(market)


_SAID = (
    "SELECT topic, key, md5(string_agg(event_id::text, ',' ORDER BY sequence)) FROM outbox"
    " WHERE topic = ANY(%s) GROUP BY topic, key"
)
_HEARD = (
    "SELECT topic, key, md5(string_agg(event_id::text, ',' ORDER BY sequence)) FROM consumer_events"
    " WHERE topic = ANY(%s) GROUP BY topic, key"
)
_SAID_ONE_BY_ONE = "SELECT sequence, event_id FROM outbox WHERE topic = %s AND key = %s"
_HEARD_ONE_BY_ONE = (
    "SELECT sequence, event_id, skipped FROM consumer_events"
    " WHERE topic = %s AND key = %s AND event_id IS NOT NULL ORDER BY sequence"
)


def foreign(market: Installation) -> list[str]:
    """Every event that a service took in the place of its owner's, by comparing ids with the owner's outbox."""
    found: list[str] = []
    for owner, hearer in product(SERVICES, SERVICES):
        topics = [name for name in described(hearer).subscriptions.topics() if TOPICS[name].owner == owner]
        if not topics:
            continue
        with market.connect(hearer) as hearing, market.connect(owner) as saying:
            heard = {(topic, key): ids for topic, key, ids in hearing.execute(_HEARD, [topics])}
            told = {(topic, key): ids for topic, key, ids in saying.execute(_SAID, [topics])}
            # One that differs may only be behind: it is compared event by event.
            for where in sorted(where for where, ids in heard.items() if told.get(where) != ids):
                own = dict(saying.execute(_SAID_ONE_BY_ONE, where).fetchall())
                found += [
                    f"{where[0]} {where[1]} #{sequence} is event {own[sequence]},"
                    f" {hearer} {'skipped' if skipped else 'applied'} {event} in its place"
                    for sequence, event, skipped in hearing.execute(_HEARD_ONE_BY_ONE, where)
                    if own.get(sequence, event) != event
                ]
    return found[:MOST_SHOWN]


_STARTS = {
    "fx-settlement": ("fx-settlement.collections", {
        "fx_settlement.collection_booked.v1", "fx_settlement.passed_on.v1", "fx_settlement.converted.v1",
    }),
    "registry": ("registry.subjects", {"registry.subject_filed.v1", "registry.filing_effective.v1"}),
}  # fmt: skip
_STATES = {
    "filing": ("registry", "registry.subjects"),
    "agreement": ("registry", "registry.agreements"),
    "delegation": ("registry", "registry.delegations"),
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


# After a restore the owner says where it stands: from what was lost this may be a step back, once that is settled.
_SAID_ANEW = (
    "SELECT key, max(sequence) + 1 FROM lost_acts WHERE topic = '{topic}' AND kind = 'beyond'"
    " GROUP BY key HAVING bool_and(settled_at IS NOT NULL)"
)


def histories(market: Installation) -> list[str]:
    """I8: every aggregate's history is a path in its published state table, or starts as one of its kind may.

    A step back to what a restored database knows is one, too.
    """
    found = []
    for kind, (service, topic) in _STATES.items():
        states = _EACH_FILING if kind == "filing" else _ONE.format(kind=kind)
        query = (
            f"WITH said AS (SELECT key, sequence, convert_from(payload, 'UTF8')::jsonb AS content FROM outbox"
            f" WHERE topic = '{topic}'), states AS ({states}), steps AS (SELECT key, sequence, state,"
            f" lag(state, 1, '{BEGINS}') OVER (PARTITION BY whose ORDER BY sequence) AS before"
            f" FROM states WHERE state IS NOT NULL) SELECT before, state, min(key) FROM steps"
            f" WHERE (key, sequence) NOT IN ({_SAID_ANEW.format(topic=topic)}) GROUP BY 1, 2"
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


# Of a key that was used again after its first use was purged (`KEY_DAYS`), the later effect counts.
# A key belongs to an account in one role for one party (`Caller.principal`); until 0.1.0 it belonged to an account. The
# audit trail doesn't name bank and site: keys that differ in nothing else are counted together.
_EFFECTS_OF_KEYS = """
WITH answered AS (
  SELECT CASE WHEN principal LIKE '["%]' THEN principal::jsonb ELSE jsonb_build_array(NULL, principal) END AS of, key,
    created_at
  FROM idempotency_keys WHERE status BETWEEN 200 AND 299
), owned AS (
  SELECT of ->> 1 AS actor, of ->> 2 AS pilot, of ->> 3 AS role, of ->> 4 AS subject_id, key, count(*) AS answers,
    min(created_at) AS since
  FROM answered GROUP BY 1, 2, 3, 4, 5
)
SELECT k.actor, k.key, k.answers, count(a.id) FROM owned k LEFT JOIN audit a
  ON a.actor = k.actor AND a.idempotency_key = k.key AND a.outcome = 'done' AND a.recorded_at >= k.since
  AND (k.role IS NULL OR
    (a.pilot = k.pilot AND a.role = k.role AND a.subject_id IS NOT DISTINCT FROM k.subject_id))
GROUP BY k.actor, k.pilot, k.role, k.subject_id, k.key, k.answers, k.since HAVING count(a.id) <> k.answers
"""


_ROWS_OF_JOBS = """
SELECT j.id, j.rows_done, coalesce(sum(json_array_length(r.results::json)), 0)
FROM trade_jobs j LEFT JOIN trade_job_results r ON r.job_id = j.id
GROUP BY j.id HAVING j.rows_done <> coalesce(sum(json_array_length(r.results::json)), 0)
"""
_STANDING_JOBS = """
SELECT id, rows_done, rows, moved_at FROM trade_jobs WHERE ended_at IS NULL AND moved_at < now() - interval '15 minutes'
"""


def once_only(market: Installation) -> list[str]:
    """I9: as many effects as distinct keys answered 2xx."""
    found = []
    for service in SERVICES:
        told = service + ": key {1} of {0} was answered {2} times and had {3} effects"
        found += named(market, service, _EFFECTS_OF_KEYS, told)
    found += named(market, "trade-ledger", _ROWS_OF_JOBS, "trade job {0}: {1} rows are done, its results tell {2}")
    return found + named(
        market, "trade-ledger", _STANDING_JOBS, "trade job {0}: stands still at row {1} of {2} since {3}"
    )


def chained(market: Installation) -> list[str]:
    """I10: the audit trail is what was chained, what was published and what `verify` last saw (V64)."""
    found: list[str] = []
    seen = seen_heads(market.audit_heads)
    # Asked before the chains: what is published is in the chain already.
    published = published_heads(market, seen)
    for service in SERVICES:
        told, last = published[service], seen.get(service, Seen()).head
        heads = [*([last] if last else []), *told.heads]
        engine = create_engine("postgresql+psycopg://", creator=partial(_connected_in_utc, market, service))
        with engine.connect() as connection:
            broken, head = _broken(connection, described(service).http_tables, heads)
        engine.dispose()
        broken = [*told.faults, *broken]
        found += [f"{service}: {each}" for each in broken]
        if head is not None and not broken:
            seen[service] = Seen(head, told.end)
    keep_heads(market.audit_heads, seen)
    return found


def _broken(connection: Connection, tables: HttpTables, seen: Sequence[Head]) -> tuple[list[str], Head | None]:
    """At most MOST_SHOWN places where a chain doesn't hold; where it holds, its end."""
    broken: list[str] = []
    looking = broken_links(connection, tables, seen)
    try:
        while len(broken) < MOST_SHOWN:
            broken.append(next(looking))
    except StopIteration as ended:
        return broken, None if broken else ended.value
    return broken, None


def _connected_in_utc(market: Installation, service: str) -> psycopg.Connection[tuple[Any, ...]]:
    connection = market.connect(service)
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
    return connection
