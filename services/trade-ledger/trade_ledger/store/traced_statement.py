"""The statement that finds what an id or a number belongs to: every kind of thing at once (R-DECL-5).

Each branch reads by one key. A row is a trade or what another service keeps, with whether the caller reaches it.
"""

from __future__ import annotations

from sqlalchemy import Uuid, literal_column

from trade_ledger.store.asked import MATCHED, PASSED_ON
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import buyer_is_known_to, buys_for, condition_text, has_part_in

KINDS = (
    "trade",
    "trade_line",
    "declaration",
    "portion",
    "packing",
    "subject",
    "agreement",
    "handover",
    "receipt",
    "money_or_tax",
    "event",
)
EVENT_KEY, FILINGS = "event_key", "filings"
"""Rows that are no kind of thing: the aggregate of an event that is asked for, and the filings of who asks."""
_NEWEST = 200
_UUID = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'"
# What is asked for, its id, who asks in which role; indexes of a credit code and whether they may be any subject's.
PILOT, ASKED, OWN, PARTY, ROLE = "$1::text", "$2::text", "$3::uuid", "$4::uuid", "$5::text"
_INDEXES, _KNOWS, _REFERENCES = "$6::text[]", "$7::boolean", "$8::text[]"
# One plan for all values can't know that a value isn't empty, and the index leaves empty ones out.
SLIP = f"external_ref = {ASKED} AND external_ref <> ''"
_PARTY = literal_column(PARTY, Uuid())
KNOWN_BUYER = f"({ROLE} <> 'stall_holder' OR ({condition_text(buyer_is_known_to(_PARTY))}))"
"""Whether who asks may know the buyer of the row of `trades` (R-FILE-8)."""
_REACHED = f"""({PARTY} IS NULL OR ({condition_text(has_part_in(TradeRow, _PARTY))})
  OR ({ROLE} = 'agent' AND ({condition_text(buys_for(TradeRow, _PARTY))})))"""


def ids_in(texts: str) -> str:
    """The ids among some texts (a column of a row source called `said`)."""
    return f"SELECT said.id::uuid FROM {texts} AS said (id) WHERE said.id ~ {_UUID}"


def _each(kind: str, column: str, table: str, *keys: str) -> str:
    """The trades that rows of a table name, which are found by one of these keys."""
    return " UNION ALL ".join(
        f"SELECT '{kind}', {column}, NULL::text FROM {table} WHERE pilot = {PILOT} AND {key}" for key in keys
    )


def _declarations(kind: str, where: str) -> str:
    return f"SELECT '{kind}', content FROM declarations WHERE pilot = {PILOT} AND {where}"


def _newest(kind: str, ids: str, condition: str) -> str:
    """The newest trades about some ids (`ids`: a query of their array); none is looked for where there is no id."""
    return f"""SELECT '{kind}', newest.id, NULL FROM ({ids}) AS about
  CROSS JOIN LATERAL (SELECT trades.id FROM trades WHERE about.ids IS NOT NULL AND trades.pilot = {PILOT}
    AND ({condition}) ORDER BY trades.id DESC LIMIT {_NEWEST}) AS newest"""


_LOADS = " UNION ALL ".join(
    f"SELECT id FROM loads WHERE {key}"
    for key in (
        f"number = {ASKED}",
        f"container_number = {ASKED}",
        f"vehicle = {ASKED}",
        f"seal_number = {ASKED}",
        f"id IN (SELECT loads_once_sealed({ASKED}))",
        f"id = {OWN}",
    )
)
_LINKS = f"SELECT key FROM trace_links WHERE pilot = {PILOT} AND type NOT LIKE 'registry.%' AND"
_SUBJECTS = f"SELECT subject_id AS id FROM subject_copies WHERE pilot = {PILOT} AND"
_AGREEMENTS = f"SELECT agreement_id AS id, principal_id FROM agreement_copies WHERE pilot = {PILOT} AND"
_RECEIPTS = f"SELECT declaration_id FROM receipts WHERE receipts.pilot = {PILOT} AND receipt_id = {ASKED}"
_CASES = f"SELECT declaration_id FROM conflicts WHERE conflicts.pilot = {PILOT} AND conflicts.id = {OWN}"
_TRADES_OF = f"""trades.seller_id = ANY(about.ids) OR trades.consignor_id = ANY(about.ids)
      OR (trades.buyer_id = ANY(about.ids) AND {KNOWN_BUYER})"""
_SUBJECT_IDS = "SELECT array_agg(id) AS ids FROM subject"
_AGREEMENT_IDS = """SELECT array_agg(id) AS ids, array_agg(principal_id) AS principals,
    ARRAY(SELECT trades_without_buyer_under((SELECT array_agg(id::text) FROM agreement))) AS unnamed FROM agreement"""
# Who is principal of an export agency sells, of a procurement agency buys (R-TRADE-1): their trades have an index.
UNDER = """(trades.seller_id = ANY(about.principals) AND trades.state->>'export_agency_id' = ANY(about.ids::text[]))
      OR (trades.buyer_id = ANY(about.principals) AND trades.state->>'procurement_agency_id' = ANY(about.ids::text[]))
      OR trades.id = ANY(about.unnamed)"""
_SHARING = "declaration_id IN (SELECT id FROM mentioned) AND NOT EXISTS (SELECT FROM by_portion)"
_MATCHED = f"""SELECT unnest(matched.refs) FROM trace_links AS matched
        WHERE matched.pilot = about.pilot AND matched.type = '{MATCHED}' AND matched.at <= about.at
          AND matched.shown->>'currency' IS NOT DISTINCT FROM about.shown->>'currency'
          AND matched.event_id IN (SELECT events_naming(about.refs))"""
# What an earlier release heard has its numbers in `shown` only.
# A cast in a join isn't leakproof: under row policies no index would serve it. `ANY(ARRAY(…))` and `OFFSET 0` keep
# casts outside, and each row found is looked up by its key.
FIND = f"""
WITH subject AS MATERIALIZED (
  {_SUBJECTS} number = {ASKED} UNION {_SUBJECTS} subject_id = {OWN}
  UNION {_SUBJECTS} subject_id IN (SELECT subjects_filed_under({ASKED}))
  UNION {_SUBJECTS} identity_index = ANY({_INDEXES}) AND ({_KNOWS} OR subject_id = {PARTY})
), agreement AS MATERIALIZED (
  {_AGREEMENTS} number = {ASKED} UNION {_AGREEMENTS} agreement_id = {OWN}
), declared (kind, content) AS MATERIALIZED (
  {_declarations("declaration", f"number = {ASKED}")}
  UNION ALL {_declarations("declaration", f"customs_number = {ASKED}")}
  UNION ALL {_declarations("declaration", f"id = {OWN}")}
  UNION ALL {_declarations("receipt", f"id IN ({_RECEIPTS})")}
  UNION ALL {_declarations("receipt", f"id IN ({_CASES})")}
), entered (kind, id) AS MATERIALIZED (
  SELECT kind, jsonb_array_elements_text(content->'entered'->'packing_list_ids')::uuid FROM declared
), list AS MATERIALIZED (
  SELECT id FROM packing_lists WHERE pilot = {PILOT} AND number = {ASKED}
  UNION ALL SELECT id FROM packing_lists WHERE pilot = {PILOT} AND id = {OWN}
  UNION ALL SELECT id FROM packing_lists WHERE pilot = {PILOT} AND load_id IN ({_LOADS})
), named AS MATERIALIZED (
  {_LINKS} key = {ASKED} UNION {_LINKS} event_id IN (SELECT events_naming({_REFERENCES}))
  UNION {_LINKS} event_id IN (SELECT events_numbered({ASKED}))
), about AS MATERIALIZED (
  SELECT * FROM trace_links WHERE pilot = {PILOT} AND key IN (SELECT key FROM named)
), mentioned (id) AS MATERIALIZED (
  {ids_in("(SELECT DISTINCT unnest(refs) FROM about)")}
), by_portion AS MATERIALIZED (
  SELECT trade_id FROM portions WHERE pilot = {PILOT} AND id IN (SELECT id FROM mentioned)
), found (kind, trade_id, heard) AS MATERIALIZED (
  {_each("trade", "id", "trades", f"number = {ASKED}", f"id = {OWN}", SLIP)}
  UNION ALL {_each("trade_line", "trade_id", "trade_lines", f"id = {OWN}")}
  UNION ALL {_each("portion", "trade_id", "portions", f"id = {OWN}")}
  UNION ALL SELECT entered.kind, packed.trade_id, NULL FROM entered CROSS JOIN LATERAL (
    SELECT trade_id FROM packed_lines WHERE packing_list_id = entered.id OFFSET 0) AS packed
  UNION ALL SELECT 'packing', trade_id, NULL FROM packed_lines WHERE packing_list_id IN (SELECT id FROM list)
  UNION ALL SELECT 'handover', each.id::uuid, NULL FROM (
    SELECT trade_ids FROM handovers WHERE pilot = {PILOT} AND number = {ASKED}
    UNION ALL SELECT trade_ids FROM handovers WHERE pilot = {PILOT} AND id = {OWN}
  ) AS handover, jsonb_array_elements_text(handover.trade_ids) AS each (id)
  UNION ALL SELECT 'subject', NULL, id::text FROM subject
  UNION ALL {_newest("subject", _SUBJECT_IDS, _TRADES_OF)}
  UNION ALL SELECT 'agreement', NULL, id::text FROM agreement
  UNION ALL {_newest("agreement", _AGREEMENT_IDS, UNDER)}
  UNION ALL SELECT 'money_or_tax', NULL, key FROM named
  UNION ALL SELECT 'money_or_tax', trade_id, NULL FROM by_portion
  -- What names its portions concerns these only, not all that shares their declaration.
  UNION ALL {_each("money_or_tax", "trade_id", "portions", _SHARING)}
  UNION ALL {_each("money_or_tax", "id", "trades", "id IN (SELECT id FROM mentioned)")}
  -- The owner's trades whose money the collector had matched, in that currency, when it passed some on.
  UNION ALL SELECT 'money_or_tax', owed.id, NULL FROM about CROSS JOIN LATERAL (
    SELECT DISTINCT trades.id FROM trades JOIN portions ON portions.trade_id = trades.id
    WHERE portions.id = ANY(ARRAY({ids_in(f"({_MATCHED})")}))
    AND trades.state->>'collector_id' = ANY(about.refs) AND trades.owner_id::text = ANY(about.refs)
    AND trades.state->>'collector_id' <> trades.owner_id::text ORDER BY trades.id DESC LIMIT {_NEWEST}
  ) AS owed WHERE about.type = '{PASSED_ON}'
)
SELECT one.kind, one.trade_id, NULL AS heard, {_REACHED} AS reached
FROM (SELECT DISTINCT kind, trade_id FROM found WHERE trade_id IS NOT NULL) AS one
CROSS JOIN LATERAL (SELECT * FROM trades WHERE id = one.trade_id OFFSET 0) AS trades
UNION ALL
-- EXISTS could be answered from all that names the party, where many things are expected here.
SELECT other.kind, NULL, other.heard, {PARTY} IS NULL OR other.heard = {PARTY}::text OR coalesce((
  SELECT true FROM trace_links
  WHERE trace_links.key = other.heard AND trace_links.refs @> ARRAY[{PARTY}::text] LIMIT 1), false)
FROM (SELECT DISTINCT kind, heard FROM found WHERE heard IS NOT NULL) AS other
UNION ALL (SELECT '{EVENT_KEY}', NULL, key, true FROM (
  SELECT 1 AS place, key FROM outbox WHERE pilot = {PILOT} AND event_id = {OWN}
  UNION ALL SELECT 2, key FROM trace_links WHERE pilot = {PILOT} AND event_id = {OWN}
) AS event ORDER BY place LIMIT 1)
UNION ALL SELECT '{FILINGS}', NULL, roles::text, true FROM subject_copies
WHERE subject_id = {PARTY} AND subject_copies.pilot = {PILOT}
"""
