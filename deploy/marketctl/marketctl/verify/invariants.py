"""The invariants that `verify` checks (docs/reference/invariants.md): each names what doesn't hold, row by row."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.services import described
from marketctl.verify.accounts import kept_apart
from marketctl.verify.administrators import apart
from marketctl.verify.control_queries import CHAIN, DECLARED, LIMIT, LISTS, LOST, PACKED, REFERENCES, ROOMS, SLIPS, SUMS
from marketctl.verify.flow import applied, in_flight
from marketctl.verify.questions import MOST_SHOWN, ask, named
from marketctl.verify.record_invariants import chained, gapless, histories, once_only
from marketctl.verify.values import formed
from shared.vocabulary.money import rounded

Check = Callable[[Installation], list[str]]


def delivered(market: Installation) -> list[str]:
    """I1: every subscribed service has applied or parked each published event, by count and by the events' sums."""
    behind = [*unreconciled(market), *in_flight(market)]
    if behind or any(applied(market, service)[1] for service in SERVICES):
        return behind
    found = []
    for what, teller, told, hearer, heard in SUMS:
        own, others = dict(ask(market, teller, told)), dict(ask(market, hearer, heard))
        found += [
            f"{what} in {currency}: {teller} said {own.get(currency, 0)}, {hearer} has {others.get(currency, 0)}"
            for currency in sorted(own.keys() | others.keys())
            if own.get(currency, 0) != others.get(currency, 0)
        ]
    return found


def unreconciled(market: Installation) -> list[str]:
    """Where database and bus contradict each other, and what a restore lost that nobody has made good."""
    lost = (
        "SELECT type, key, min(sequence), max(sequence) FROM lost_acts WHERE settled_at IS NULL"
        " GROUP BY topic, key, type ORDER BY min(occurred_at), key"
    )
    found = []
    for service in SERVICES:
        found += named(market, service, "SELECT reason FROM contradictions", f"{service} needs reconciling: {{0}}")
        found += named(
            market, service, lost, f"{service}: {{0}} of {{1}} #{{2}} to #{{3}}, lost by a restore, isn't settled"
        )
    return found


def quantities(market: Installation) -> list[str]:
    """I3: counters are the sums of their movements and never overlap; a list moved just what it holds."""
    kinds = ("void", "packed", "declared", "released", "departed", "returned")
    found: list[str] = []
    for kind in kinds:
        query = (
            f"SELECT c.line_id, c.{kind}, coalesce(m.moved, 0) FROM trade_line_counters c LEFT JOIN"
            f" (SELECT line_id, sum(quantity) AS moved FROM movements WHERE kind = '{kind}' GROUP BY line_id) m"
            f" ON m.line_id = c.line_id WHERE c.{kind} <> coalesce(m.moved, 0)"
        )
        found += named(market, "trade-ledger", query, f"line {{0}}: {kind} {{1}}, its movements sum to {{2}}")
    query = (
        "SELECT line_id FROM trade_line_counters WHERE NOT (registered - void >= packed AND packed >= declared"
        " AND declared >= released AND released >= departed AND departed >= returned)"
    )
    found += named(market, "trade-ledger", query, "line {0}: its quantities overlap")
    return found + named(market, "trade-ledger", LISTS, "packing list {0}: line {1} is packed with {2}, moved with {3}")


def declared(market: Installation) -> list[str]:
    """I4: items and portions of a declaration carry the same value, or an open case names the difference."""
    found = named(market, "trade-ledger", DECLARED, "declaration {0}: total {1}, portions {2}, items {3}")
    found += named(market, "trade-ledger", PACKED, "declaration {0}: line {1} was declared with {2}, packed with {3}")
    return found + named(market, "trade-ledger", LIMIT, "declaration {0}: USD {1} at submission, the limit was {2}")


def collected(market: Installation) -> list[str]:
    """I5: matches fit collection and declaration, counters are their sums, accounts are apart, the journal is zero."""
    found = named(
        market,
        "fx-settlement",
        "SELECT c.number, c.matched, coalesce(sum(m.amount), 0) FROM collections c LEFT JOIN matches m"
        " ON m.collection_id = c.id AND m.unmatched_at IS NULL GROUP BY c.id"
        " HAVING c.matched <> coalesce(sum(m.amount), 0) OR c.matched + c.refunded > c.amount",
        "collection {0}: matched {1}, its matches sum to {2}",
    )
    found += named(
        market,
        "fx-settlement",
        "SELECT e.declaration_id, e.matched, coalesce(sum(m.value), 0) FROM entitlements e LEFT JOIN matches m"
        " ON m.declaration_id = e.declaration_id AND m.unmatched_at IS NULL GROUP BY e.declaration_id"
        " HAVING e.matched <> coalesce(sum(m.value), 0)"
        " OR (e.matched > e.collectable + e.tolerance AND NOT e.frozen)",
        "declaration {0}: matched {1}, its matches sum to {2}",
    )
    found += named(
        market,
        "fx-settlement",
        "SELECT m.id, c.collector_id, r.collector_id FROM matches m JOIN collections c ON c.id = m.collection_id"
        " JOIN portion_rooms r ON r.portion_id = m.portion_id"
        " WHERE m.unmatched_at IS NULL AND c.collector_id <> r.collector_id",
        "match {0}: collected by {1}, the export names {2}",
    )
    found += named(
        market,
        "fx-settlement",
        "SELECT c.number, c.blocked_by, c.matched + c.linked, count(k.id) FROM collections c LEFT JOIN conflicts k"
        " ON k.collection_id = c.id AND k.closed_at IS NULL GROUP BY c.id"
        " HAVING (c.blocked_by <> '[]') <> (count(k.id) = 1) OR (c.blocked_by <> '[]' AND c.matched + c.linked > 0)",
        "collection {0}: blocked by {1}, {2} of it is used, {3} open cases",
    )
    journal = "SELECT entry_id, currency, sum(amount) FROM journal GROUP BY 1, 2 HAVING sum(amount) <> 0"
    found += named(market, "fx-settlement", journal, "journal entry {0}: {1} is off by {2}")
    return found + kept_apart(market)


def exempted(market: Installation) -> list[str]:
    """I6: an unchanged portion is exempted for what departed, at the line's rate, and once only."""
    # What customs changed after submission is adjusted in a later period: until then the two may differ. A portion that
    # trade-ledger lost is I7's.
    unchanged = {
        row[0]
        for row in ask(
            market,
            "trade-ledger",
            "SELECT id FROM portions WHERE (content->'submitted'->>'fob_value')::numeric = departed_fob"
            " AND returned_fob = 0",
        )
    }
    query = (
        "SELECT i.portion_id, i.departed_fob, sum(l.fob_value) FROM exemption_items i JOIN return_lines l"
        # What leaves in several months is exempted month by month.
        " ON l.portion_id = i.portion_id WHERE jsonb_array_length(i.departures) < 2"
        " GROUP BY i.portion_id HAVING sum(l.fob_value) <> i.departed_fob"
    )
    found = [
        f"portion {portion}: {departed} departed, {filed} is in returns"
        for portion, departed, filed in ask(market, "tax-exemption", query)
        if portion in unchanged
    ][:MOST_SHOWN]
    found += named(
        market,
        "tax-exemption",
        "SELECT portion_id, exempt_rmb, round(fob_value * rate, 2) FROM return_lines"
        " WHERE NOT adjustment AND abs(exempt_rmb - fob_value * rate) > 0.01",
        "portion {0}: exempt for {1} RMB, at its rate it is {2}",
    )
    found += named(
        market,
        "tax-exemption",
        "SELECT portion_id, export_date, count(*) FROM return_lines WHERE NOT adjustment GROUP BY 1, 2"
        " HAVING count(*) > 1",
        "portion {0} of {1} stands in {2} returns",
    )
    totals = (
        "SELECT r.number, r.total_rmb, sum(l.exempt_rmb) FROM exemption_returns r JOIN return_lines l"
        " ON l.return_id = r.id GROUP BY r.id HAVING sum(l.exempt_rmb) <> r.total_rmb"
    )
    return found + named(market, "tax-exemption", totals, "return {0}: total {1}, its lines sum to {2}")


def no_orphans(market: Installation) -> list[str]:
    """I7: whatever a service refers to exists where it is kept, or was lost there by a restore and settled."""
    found = []
    for service, table, column, keeper, kept in REFERENCES:
        known = {row[0] for row in ask(market, keeper, f"SELECT id FROM {kept} UNION {LOST[kept]}")}
        there = {row[0] for row in ask(market, service, f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")}
        found += [f"{service}: {table}.{column} {each} is nothing of {keeper}'s" for each in there - known]
    return found[:MOST_SHOWN]


def money_columns(market: Installation) -> list[str]:
    """I12: no column anywhere is a float, and each number has the digits that its kind has in code."""
    floats = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        " AND data_type IN ('real', 'double precision', 'money')"
    )
    numbers = (
        "SELECT table_name, column_name, numeric_precision, numeric_scale FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'numeric'"
    )
    found = []
    for service in SERVICES:
        found += named(market, service, floats, service + ": {0}.{1} is {2}")
        tables = described(service).metadata.tables
        for table, column, precision, scale in ask(market, service, numbers):
            kind = tables[table].c[column].type
            if (precision, scale) != (getattr(kind, "precision", 0), getattr(kind, "scale", 0)):
                found.append(f"{service}: {table}.{column} is NUMERIC({precision},{scale})")
    return found


def agreement(market: Installation) -> list[str]:
    """I15: per portion, what trade-ledger released and departed is what the others hold (V68)."""
    ledger = {
        row[0]: row[1:]
        for row in ask(
            market,
            "trade-ledger",
            "SELECT id, released_value, returned_value, departed_fob, returned_fob, content->>'trade_kind',"
            " content->>'settlement_method', (content->>'domestic_share_percent')::numeric FROM portions",
        )
    }
    found = named(market, "trade-ledger", CHAIN, "portion {0}: {1} declared, {2} released, {3} departed, {4} returned")
    found += named(market, "trade-ledger", SLIPS, "portion {0}: the slip and its differences make {1}, declared {2}")
    found += named(market, "fx-settlement", ROOMS, "portion {0}: {1} to collect, its room has {2}, {3} matched of {4}")
    query = "SELECT portion_id, released, collectable, paid_at_home_percent, currency FROM entitlement_portions"
    for portion, released, collectable, at_home, currency in ask(market, "fx-settlement", query):
        own = ledger.get(portion)
        if own is None:
            continue
        carries = own[4] == "goods" and own[5] != "cash"
        abroad = (Decimal(own[0]) - Decimal(own[1])) * (100 - at_home) / 100
        expected = rounded(abroad, currency) if carries else Decimal(0)
        if released != Decimal(own[0]) or collectable != expected or at_home not in (0, own[6]):
            found.append(f"portion {portion}: released {own[0]}, fx-settlement holds {released} ({collectable})")
    query = "SELECT portion_id, departed_fob, returned_fob FROM exemption_items"
    items = {row[0]: row[1:] for row in ask(market, "tax-exemption", query)}
    for portion, own in ledger.items():
        departed, returned = Decimal(own[2]), Decimal(own[3])
        held = items.get(portion, (Decimal(0), Decimal(0)))
        if own[4] == "goods" and held != (departed, returned):
            found.append(f"portion {portion}: departed {departed}, tax-exemption holds {held[0]}")
    return found[:MOST_SHOWN]


INVARIANTS: dict[str, Check] = {
    "I1": delivered,
    "I2": gapless,
    "I3": quantities,
    "I4": declared,
    "I5": collected,
    "I6": exempted,
    "I7": no_orphans,
    "I8": histories,
    "I9": once_only,
    "I10": chained,
    "I12": money_columns,
    "I15": agreement,
    "I16": formed,
    "I17": apart,
}
