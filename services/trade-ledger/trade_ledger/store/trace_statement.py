"""The statement that tells everything before and after some trades: how far goods are, and every event (R-DECL-5)."""

from __future__ import annotations

from shared.events.trade_ledger import DECLARATIONS, PACKING_LISTS, TRADES
from trade_ledger.store.asked import MATCHED, PASSED_ON
from trade_ledger.store.documents import Shown
from trade_ledger.store.traced_statement import KNOWN_BUYER, PARTY, PILOT, ids_in

# What was traced: trades, what other services keep, and whether a subject was asked for.
_TRADES, _HEARD, _OF_SUBJECT = "$2::uuid[]", "$3::text[]", "$6::boolean"
_TOPICS = f"ARRAY['{TRADES.name}', '{PACKING_LISTS.name}', '{DECLARATIONS.name}']"
_QUANTITIES = ("registered", "void", "packed", "declared", "released", "departed", "returned")
_VALUES = ("declared_value", "released_value", "departed_value", "shut_out_value", "returned_value")
_PARTIES = ("seller_id", "owner_id", "consignor_id")
_UNDER = ("procurement_agency_id", "export_agency_id", "exemption_filer_id")


def instant(column: str) -> str:
    """A moment as answers tell it."""
    return f"replace(to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000', '')"


def money(column: str) -> str:
    """An amount with two digits at least; answers give it its currency's digits."""
    return f"(CASE WHEN scale(trim_scale({column})) < 2 THEN round({column}, 2) ELSE trim_scale({column}) END)::text"


def _object(**fields: str) -> str:
    return "json_build_object(" + ", ".join(f"'{name}', {value}" for name, value in fields.items()) + ")"


def _same(row: str, *names: str) -> dict[str, str]:
    return {name: f"{row}.{name}" for name in names}


def _listed(what: str, rows: str, order: str) -> str:
    return f"(SELECT coalesce(json_agg({what} ORDER BY {order}), '[]'::json)::text FROM {rows})"


_COUNTERS = _object(
    **_same("line", "line_no"),
    line_id="line.id",
    **{name: f"trim_scale(counter.{name})::text" for name in _QUANTITIES},
)
_TRADE = _object(
    **_same("trades", "id", "number", "status", "eligible", "currency", *_PARTIES),
    total=money("trades.total"),
    registered_at=instant("trades.registered_at"),
    handed_over_at=instant("trades.handed_over_at"),
    buyer_named="trades.buyer_id IS NOT NULL",
    originals="jsonb_array_length(coalesce(trades.state->'document_hashes', '[]'))",
    **{name: f"trades.state->'{name}'" for name in ("export_mode", "collector_id", "exemption_filer_id")},
    counters=f"""(SELECT coalesce(json_agg({_COUNTERS} ORDER BY line.line_no), '[]'::json)
      FROM trade_lines AS line JOIN trade_line_counters AS counter ON counter.line_id = line.id
      WHERE line.trade_id = trades.id)""",
)
_PACKING_LIST = _object(
    **_same("list", "id", "number", "status", "declaration_id"),
    load_status="loads.status",
    **_same("loads", "container_number", "seal_number"),
    arrived_at=instant("loads.arrived_at"),
)
_CASES = f"""(SELECT coalesce(json_agg({_object(**_same("c", "id", "code", "must_act"))} ORDER BY c.id), '[]'::json)
      FROM conflicts AS c WHERE c.declaration_id = d.id AND c.closed_at IS NULL)"""
_DECLARATION = _object(
    **_same("d", "id", "number", "status", "customs_number", "export_date"),
    open_cases=_CASES,
)
_PORTION = _object(
    **_same("portion", "id", "trade_id", "declaration_id"),
    currency="portion.declared_currency",
    **{name: f"portion.content->'{name}'" for name in ("owner_id", "collector_id", "exemption_filer_id")},
    **{name: money(f"portion.{name}") for name in _VALUES},
)
_SHOWN = {name: f"step.shown->'{name}'" for name in Shown.model_fields}
_STEP = _object(
    at=instant("step.at"),
    **_same("step", "event_id", "type", "key", "sequence", "actor", "delegation_id", "amounts"),
    # In the order in which a person reads them: JSONB keeps none.
    shown=f"json_strip_nulls({_object(**_SHOWN)})",
)
_LINK = "link.event_id, link.at, link.type, link.key, link.sequence, link.actor, link.delegation_id, link.shown"
_INVOLVED = (
    *(f"trades.{name}::text" for name in _PARTIES),
    *(f"trades.state->>'{name}'" for name in _UNDER),
    f"CASE WHEN {KNOWN_BUYER} THEN trades.buyer_id::text END",
)

# Each read is by a key: the trades themselves are few, and all else is found from them.
TELL = f"""
WITH trades AS MATERIALIZED (
  SELECT * FROM trades WHERE id = ANY({_TRADES})
), portion AS MATERIALIZED (
  SELECT * FROM portions WHERE trade_id = ANY({_TRADES})
), list AS MATERIALIZED (
  SELECT * FROM packing_lists
  WHERE id IN (SELECT packing_list_id FROM packed_lines WHERE trade_id = ANY({_TRADES}))
), declared (id) AS MATERIALIZED (
  SELECT declaration_id FROM portion UNION SELECT declaration_id FROM list WHERE declaration_id IS NOT NULL
), around (key) AS MATERIALIZED (
  SELECT unnest({_TRADES})::text UNION SELECT id::text FROM declared UNION SELECT id::text FROM list
  UNION SELECT load_id::text FROM list
  UNION SELECT id::text FROM handovers
  WHERE pilot = {PILOT} AND id = ANY(ARRAY(SELECT handovers_of({_TRADES}::text[])))
), own AS MATERIALIZED (
  SELECT event_id, occurred_at AS at, type, key, sequence, actor, delegation_id, NULL::jsonb AS shown, payload
  FROM outbox WHERE pilot = {PILOT} AND topic = ANY({_TOPICS}) AND key IN (SELECT key FROM around)
), named (key) AS MATERIALIZED (
  SELECT DISTINCT each.key FROM trades CROSS JOIN LATERAL (
    VALUES {", ".join(f"({each})" for each in _INVOLVED)}) AS each (key)
  WHERE each.key IS NOT NULL AND NOT {_OF_SUBJECT}
), filed AS (
  SELECT {_LINK} FROM trace_links AS link
  WHERE pilot = {PILOT} AND key IN (SELECT key FROM named) AND type LIKE 'registry.%'
    AND ({PARTY} IS NULL OR refs @> ARRAY[{PARTY}::text])
), whole (id) AS (
  SELECT id FROM declared WHERE NOT EXISTS (
    SELECT FROM portions WHERE portions.declaration_id = declared.id AND portions.trade_id <> ALL({_TRADES}))
), naming AS MATERIALIZED (
  SELECT * FROM trace_links WHERE pilot = {PILOT} AND event_id IN (SELECT events_naming(ARRAY(
    SELECT id::text FROM portion UNION SELECT unnest({_TRADES})::text UNION SELECT id::text FROM whole)))
), link AS MATERIALIZED (
  SELECT * FROM trace_links WHERE pilot = {PILOT} AND key IN (SELECT key FROM naming UNION SELECT unnest({_HEARD}))
), beside (ref) AS MATERIALIZED (
  SELECT id::text FROM portions WHERE {PARTY} IS NOT NULL AND trade_id <> ALL({_TRADES})
    AND id = ANY(ARRAY({ids_in("(SELECT DISTINCT unnest(refs) FROM link)")}))
), shared (key) AS MATERIALIZED (
  SELECT DISTINCT key FROM link WHERE refs && ARRAY(SELECT ref FROM beside)
), between AS MATERIALIZED (
  SELECT DISTINCT state->>'collector_id' AS agent, owner_id::text AS principal FROM trades
  WHERE state->>'collector_id' <> owner_id::text
    AND ({PARTY} IS NULL OR {PARTY}::text IN (state->>'collector_id', owner_id::text))
), passed_on AS (
  SELECT {_LINK} FROM between CROSS JOIN LATERAL events_naming_all(ARRAY[agent, principal]) AS naming_both (event_id)
  JOIN trace_links AS link USING (event_id) WHERE link.pilot = {PILOT} AND link.type = '{PASSED_ON}'
    AND link.at >= (SELECT min(at) FROM naming WHERE type = '{MATCHED}')
    AND link.shown->>'currency' IN (SELECT shown->>'currency' FROM naming WHERE type = '{MATCHED}')
), step AS (
  SELECT DISTINCT ON (event_id) * FROM (
    SELECT event_id, at, type, key, sequence, actor, delegation_id, shown, true AS amounts, 0 AS place FROM own
    UNION ALL SELECT {_LINK}, link.key NOT IN (SELECT key FROM shared), 1 FROM link
    UNION ALL SELECT passed_on.*, true, 2 FROM passed_on
    UNION ALL SELECT filed.*, true, 3 FROM filed
  ) AS every ORDER BY event_id, place
)
SELECT
  ARRAY(SELECT id FROM declared ORDER BY id) AS declarations,
  ARRAY(SELECT id FROM portion ORDER BY id) AS portions,
  ARRAY(SELECT event_id::text FROM own ORDER BY event_id) AS own_events,
  ARRAY(SELECT payload FROM own ORDER BY event_id) AS own_payloads,
  {_listed(_TRADE, "trades", "trades.id")} AS trades_reached,
  {_listed(_PACKING_LIST, "list JOIN loads ON loads.id = list.load_id", "list.id")} AS packing_lists_reached,
  {_listed(_DECLARATION, "declarations AS d WHERE d.id IN (SELECT id FROM declared)", "d.id")} AS declarations_reached,
  {_listed(_PORTION, "portion", "portion.id")} AS portions_reached,
  {_listed(_STEP, "step", 'step.at, step.key COLLATE "C", step.sequence')} AS steps
"""
