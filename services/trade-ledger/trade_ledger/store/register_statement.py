"""The single statement that registers any number of trades: writes all rows of each, or reports its refusal.

Rows come as arrays in the order of their idempotency keys, so that two batches meet in the same order. A trade is
written where the rows that it names still are at the versions it was decided on, its slip is new, and its key was free.
Its text comes once: the event's content and the kept answer are made of it here.
"""

from __future__ import annotations

WRITTEN = "written"
FACTS_MOVED = "facts_moved"
REFERENCE_TAKEN = "reference_taken"
KEY_TAKEN = "key_taken"
_XMIN = "xmin::text::bigint"

_TRADE = (
    ("trade_id", "uuid"),
    ("pilot", "text"),
    ("number", "text"),
    ("registered_by", "uuid"),
    ("seller_id", "uuid"),
    ("owner_id", "uuid"),
    ("consignor_id", "uuid"),
    ("buyer_id", "uuid"),
    ("eligible", "boolean"),
    ("external_ref", "text"),
    ("trade_date", "date"),
    ("currency", "text"),
    ("total", "text"),
    ("at", "timestamptz"),
    ("state", "text"),
    ("data_key", "text"),
    ("actor", "text"),
    ("told_as", "text"),
    ("role", "text"),
    ("subject_id", "text"),
    ("traceparent", "text"),
    ("delegation_id", "uuid"),
    ("address", "text"),
    ("operation", "text"),
    ("event_id", "uuid"),
    ("goods_version", "bigint"),
    ("pilot_version", "bigint"),
    ("seller_version", "bigint"),
    ("consignor_version", "bigint"),
    ("buyer_version", "bigint"),
    ("export_agency_id", "uuid"),
    ("export_agency_version", "bigint"),
    ("procurement_agency_id", "uuid"),
    ("procurement_agency_version", "bigint"),
    ("principal", "text"),
    ("key", "text"),
    ("fingerprint", "bytea"),
    ("headers", "text"),
    ("answer_head", "text"),
    ("shown", "text"),
)
_LINE = (
    ("line_trade_id", "uuid"),
    ("line_id", "uuid"),
    ("line_no", "integer"),
    ("content", "text"),
    ("quantity", "text"),
)
_DOCUMENT = (("document_trade_id", "uuid"), ("content_hash", "text"))

COLUMNS = tuple(name for name, _ in (*_TRADE, *_LINE, *_DOCUMENT))
TRADE_COLUMNS = tuple(name for name, _ in _TRADE)


def _unnested(columns: tuple[tuple[str, str], ...], first: int) -> str:
    arrays = ", ".join(f"${first + n}::{kind}[]" for n, (_, kind) in enumerate(columns))
    names = ", ".join(name for name, _ in columns)
    return f"unnest({arrays}) WITH ORDINALITY AS given ({names}, nth)"


def _holds(version: str, now: str, found: str) -> str:
    return f"coalesce((SELECT {now} FROM {found}), 0) = asked.{version}"


# Each row that the trade names, as `row_versions` reads it: an event about another one is none of its business.
_HOLDS = " AND ".join(
    (
        _holds("goods_version", "version", "copy_versions WHERE pilot = asked.pilot AND name = 'goods'"),
        _holds("pilot_version", _XMIN, "place_copies WHERE kind = 'pilot' AND place_id = asked.pilot"),
        *(
            _holds(f"{party}_version", _XMIN, f"subject_copies WHERE subject_id = asked.{party}_id")
            for party in ("seller", "consignor", "buyer")
        ),
        *(
            _holds(f"{agency}_version", _XMIN, f"agreement_copies WHERE agreement_id = asked.{agency}_id")
            for agency in ("export_agency", "procurement_agency")
        ),
    )
)

# A batch may hold trades of several pilots: for this statement the rows of all of them are seen (`shared.walls`).
REGISTER = f"""
WITH asked AS MATERIALIZED (
    SELECT given.* FROM set_config('market.pilot', ${1 + len(COLUMNS)}, true), {_unnested(_TRADE, 1)}
), judged AS MATERIALIZED (
    SELECT asked.*, ({_HOLDS}) AS holds,
        asked.external_ref <> '' AND EXISTS (
            SELECT 1 FROM trades WHERE trades.pilot = asked.pilot AND trades.registered_by = asked.registered_by
            AND trades.external_ref = asked.external_ref AND trades.external_ref <> '') AS taken
    FROM asked
), claimed AS (
    INSERT INTO idempotency_keys (principal, key, fingerprint, status, headers, body)
    SELECT principal, key, fingerprint, 201, headers,
        convert_to(answer_head || coalesce(shown, state) || '}}', 'UTF8') FROM judged
    WHERE holds AND NOT taken AND key IS NOT NULL
    -- Until 0.1.0 a key belonged to an actor: a repeat from then finds its answer.
    AND NOT EXISTS (SELECT 1 FROM idempotency_keys AS earlier WHERE earlier.principal = judged.actor
        AND earlier.key = judged.key AND NOT starts_with(judged.actor, '['))
    ORDER BY principal, key
    ON CONFLICT DO NOTHING RETURNING principal, key
), writable AS MATERIALIZED (
    SELECT judged.*, judged.state::jsonb AS document
    FROM judged LEFT JOIN claimed ON claimed.principal = judged.principal AND claimed.key = judged.key
    WHERE holds AND NOT taken AND (judged.key IS NULL OR claimed.key IS NOT NULL)
), trade AS (
    INSERT INTO trades (id, pilot, number, version, status, registered_by, seller_id, owner_id, consignor_id, buyer_id,
        eligible, external_ref, trade_date, currency, total, registered_at, state, data_key)
    SELECT trade_id, pilot, number, 1, 'registered', registered_by, seller_id, owner_id, consignor_id, buyer_id,
        eligible, external_ref, trade_date, currency, total::numeric, at, document, data_key
    FROM writable
), line AS MATERIALIZED (
    SELECT given.*, writable.pilot FROM {_unnested(_LINE, 1 + len(_TRADE))}
    JOIN writable ON writable.trade_id = given.line_trade_id
), lines AS (
    INSERT INTO trade_lines (id, trade_id, pilot, line_no, content)
    SELECT line_id, line_trade_id, pilot, line_no, content::jsonb FROM line
), counters AS (
    INSERT INTO trade_line_counters (line_id, pilot, registered)
    SELECT line_id, pilot, quantity::numeric FROM line
), versions AS (
    INSERT INTO trade_versions (trade_id, version, at, actor, reason, state)
    SELECT trade_id, 1, at, actor, 'registered', document FROM writable
), documents AS (
    INSERT INTO trade_documents (content_hash, trade_id, pilot)
    SELECT given.content_hash, given.document_trade_id, writable.pilot
    FROM {_unnested(_DOCUMENT, 1 + len(_TRADE) + len(_LINE))}
    JOIN writable ON writable.trade_id = given.document_trade_id
    ON CONFLICT DO NOTHING
), said AS (
    INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, traceparent,
        delegation_id, payload)
    SELECT event_id, 'trade_ledger.trade_registered.v1', 'trade-ledger.trades', trade_id::text, 1, at, told_as, pilot,
        traceparent, delegation_id, convert_to('{{"trade":' || state || ',"reason":""}}', 'UTF8')
    FROM writable ORDER BY nth
), audited AS (
    INSERT INTO audit (business_at, pilot, actor, role, subject_id, operation, target, outcome, status, traceparent,
        idempotency_key, address)
    SELECT at, pilot, actor, role, subject_id, operation, trade_id::text, 'done', 201, traceparent, key, address
    FROM writable ORDER BY nth
)
SELECT CASE WHEN writable.trade_id IS NOT NULL THEN '{WRITTEN}' WHEN NOT judged.holds THEN '{FACTS_MOVED}'
    WHEN judged.taken THEN '{REFERENCE_TAKEN}' ELSE '{KEY_TAKEN}' END AS outcome
FROM judged LEFT JOIN writable USING (nth) ORDER BY judged.nth
"""
