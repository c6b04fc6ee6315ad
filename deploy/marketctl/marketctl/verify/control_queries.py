"""The questions of `invariants` to the four databases that are too long to stand in it."""

from __future__ import annotations

SUMS = (
    (
        "registered value",
        "trade-ledger",
        # Nothing is collected for samples, gifts and what is paid in cash (R-TRADE-3, R-TRADE-7).
        "SELECT currency, sum(total) FROM trades WHERE status = 'registered' AND state->>'kind' = 'goods'"
        " AND state->>'settlement_method' <> 'cash' GROUP BY 1",
        "fx-settlement",
        "SELECT currency, sum(registered) FROM trade_rooms WHERE registered > 0 GROUP BY 1",
    ),
    (
        "released value",
        "trade-ledger",
        "SELECT declared_currency, sum(released_value) FROM portions WHERE released_quantity > 0 GROUP BY 1",
        "fx-settlement",
        "SELECT currency, sum(released) FROM entitlement_portions WHERE released > 0 GROUP BY 1",
    ),
    (
        "departed FOB",
        "trade-ledger",
        "SELECT declared_currency, sum(departed_fob) FROM portions"
        " WHERE departed_quantity > 0 AND content->>'trade_kind' = 'goods' GROUP BY 1",
        "tax-exemption",
        "SELECT currency, sum(departed_fob) FROM exemption_items WHERE departed_fob > 0 GROUP BY 1",
    ),
)
_LIVE = "d.status NOT IN ('draft', 'rejected', 'withdrawn', 'deleted')"
PACKED = (
    "SELECT d.number, coalesce(p.line_id, k.line_id), p.quantity, k.quantity FROM"
    " (SELECT declaration_id, line_id, sum((content->'submitted'->>'quantity')::numeric) AS quantity"
    "  FROM portions GROUP BY 1, 2) p FULL JOIN"
    " (SELECT l.declaration_id, w.line_id, sum(w.quantity) AS quantity FROM packing_lists l"
    "  JOIN packed_lines w ON w.packing_list_id = l.id WHERE l.declaration_id IS NOT NULL GROUP BY 1, 2) k"
    " ON k.declaration_id = p.declaration_id AND k.line_id = p.line_id"
    " JOIN declarations d ON d.id = coalesce(p.declaration_id, k.declaration_id)"
    f" WHERE {_LIVE} AND p.quantity IS DISTINCT FROM k.quantity"
)
# What a deletion left of goods that were shut out before is no longer in the list, and went back with the shut-out.
LISTS = (
    "SELECT l.number, coalesce(w.line_id, m.line_id), coalesce(w.quantity, 0), coalesce(m.quantity, 0) FROM"
    " (SELECT packing_list_id, line_id, sum(quantity) AS quantity FROM packed_lines GROUP BY 1, 2) w"
    " JOIN packing_lists held ON held.id = w.packing_list_id AND held.status <> 'void' FULL JOIN"
    " (SELECT reference, line_id, sum(quantity) AS quantity FROM movements WHERE kind = 'packed' GROUP BY 1, 2) m"
    " ON m.reference = held.number AND m.line_id = w.line_id"
    " JOIN packing_lists l ON l.number = coalesce(held.number, m.reference)"
    " WHERE coalesce(w.quantity, 0) <> coalesce(m.quantity, 0) AND NOT EXISTS (SELECT 1 FROM portions p"
    "  WHERE p.line_id = coalesce(w.line_id, m.line_id) AND p.shut_out_quantity > 0)"
)
LIMIT = (
    "SELECT d.number, v.usd, m.most FROM declarations d CROSS JOIN LATERAL"
    " (SELECT round(sum((p.content->'submitted'->>'declared_value')::numeric) * coalesce(own.cny_per_unit, 1)"
    "  / usd.cny_per_unit, 2) AS usd FROM portions p JOIN customs_rates usd ON usd.id ="
    "  coalesce(d.content #>> '{assessed,usd_rate_id}',"
    "   'customs:' || left(d.content #>> '{assessed,rate_month}', 7) || ':USD') LEFT JOIN customs_rates own"
    "  ON own.id = d.content #>> '{assessed,rate_id}' WHERE p.declaration_id = d.id"
    "  GROUP BY own.cny_per_unit, usd.cny_per_unit) v CROSS JOIN LATERAL"
    " (SELECT (value #>> '{}')::numeric AS most FROM policy_parameters WHERE name = 'declaration_limit_usd'"
    "  AND effective_from <= (((d.content #>> '{assessed,submitted_at}')::timestamptz"
    "   AT TIME ZONE 'Asia/Shanghai')::date)"
    f"  ORDER BY effective_from DESC LIMIT 1) m WHERE {_LIVE} AND v.usd > m.most"
)
REFERENCES = (
    ("fx-settlement", "entitlement_portions", "portion_id", "trade-ledger", "portions"),
    ("fx-settlement", "matches", "portion_id", "trade-ledger", "portions"),
    ("fx-settlement", "collections", "collector_id", "registry", "subjects"),
    ("fx-settlement", "pass_ons", "principal_id", "registry", "subjects"),
    ("tax-exemption", "exemption_items", "portion_id", "trade-ledger", "portions"),
    ("tax-exemption", "return_lines", "portion_id", "trade-ledger", "portions"),
    ("tax-exemption", "certificates", "declaration_id", "trade-ledger", "declarations"),
    ("tax-exemption", "exemption_returns", "stall_holder_id", "registry", "subjects"),
    ("trade-ledger", "trades", "seller_id", "registry", "subjects"),
    ("trade-ledger", "trades", "buyer_id", "registry", "subjects"),
    ("trade-ledger", "declarations", "consignor_id", "registry", "subjects"),
)
_LOST = (
    "SELECT DISTINCT (jsonb_path_query(convert_from(coalesce(l.payload, o.payload), 'UTF8')::jsonb, '{path}')"
    " #>> '{{}}')::uuid FROM lost_acts l LEFT JOIN outbox o ON o.event_id = l.event_id"
    " WHERE l.kind = 'beyond' AND l.topic = '{topic}' AND l.settled_at IS NOT NULL"
)
# What a restore lost and a person settled: others may go on naming it.
LOST = {
    "subjects": _LOST.format(topic="registry.subjects", path="$.subject.subject_id"),
    "declarations": _LOST.format(topic="trade-ledger.declarations", path="$.declaration.declaration_id"),
    "portions": _LOST.format(topic="trade-ledger.declarations", path="$.declaration.portions[*].portion_id"),
}
CHAIN = (
    "SELECT id, quantity, released_quantity, departed_quantity, returned_quantity FROM portions WHERE NOT"
    " (quantity >= released_quantity AND released_quantity >= departed_quantity"
    " AND departed_quantity >= returned_quantity)"
)
SLIPS = (
    "SELECT p.id, v.value, (p.content->'submitted'->>'declared_value')::numeric FROM portions p CROSS JOIN LATERAL"
    " (SELECT (p.content->'submitted'->>'slip_value')::numeric"
    " + coalesce(sum((e->>'amount')::numeric), 0) AS value"
    " FROM jsonb_array_elements(coalesce(p.content->'differences', '[]')) e) v"
    " WHERE p.slip_currency = p.declared_currency"
    " AND v.value <> (p.content->'submitted'->>'declared_value')::numeric"
)
DECLARED = (
    "SELECT d.number, d.total_value, p.value, i.value FROM declarations d"
    " JOIN (SELECT declaration_id, sum(declared_value) AS value FROM portions GROUP BY 1) p"
    " ON p.declaration_id = d.id"
    " CROSS JOIN LATERAL (SELECT sum(behind.declared_value) AS value"
    "  FROM jsonb_path_query(d.content, '$.assessed.items[*].portion_ids[*]') portion_id"
    "  JOIN portions behind ON behind.declaration_id = d.id AND behind.id = (portion_id #>> '{}')::uuid) i"
    " WHERE d.status <> 'draft' AND (d.total_value <> p.value OR i.value IS DISTINCT FROM p.value)"
    " AND NOT EXISTS (SELECT 1 FROM conflicts c WHERE c.declaration_id = d.id AND c.closed_at IS NULL)"
)
ROOMS = (
    "SELECT p.portion_id, p.collectable, r.collectable, r.matched, coalesce(m.value, 0) FROM entitlement_portions p"
    " JOIN portion_rooms r ON r.portion_id = p.portion_id"
    " LEFT JOIN (SELECT portion_id, sum(value) AS value FROM matches"
    " WHERE unmatched_at IS NULL GROUP BY 1) m ON m.portion_id = p.portion_id"
    " WHERE NOT r.frozen AND (p.collectable <> r.collectable OR r.matched <> coalesce(m.value, 0))"
)
