"""What `make bench` compares with: one hand-written statement that writes the rows of one registered trade.

Texts come as parameters (`pgbench -D`), so that PostgreSQL parses the same JSON as it does for the service.
"""

from __future__ import annotations

# Time-ordered like the service's ids, so that both fill their indexes alike.
_UUID7 = (
    "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')"
    " || substr(gen_random_uuid()::text, 15))::uuid"
)
STATEMENT = f"""
WITH one AS (
    SELECT {_UUID7} AS id, 'LS-BE-' || nextval('trade_numbers') AS number, gen_random_uuid()::text AS key,
        now() AS at, :actor::text AS actor
), claimed AS (
    INSERT INTO idempotency_keys (principal, key, fingerprint, status, headers, body)
    SELECT actor, key, decode(md5(key), 'hex'), 201, :headers::text, convert_to(:answer::text, 'UTF8') FROM one
    ON CONFLICT DO NOTHING RETURNING key
), trade AS (
    INSERT INTO trades (id, pilot, number, version, status, registered_by, seller_id, owner_id, consignor_id, buyer_id,
        eligible, external_ref, trade_date, currency, total, registered_at, state)
    SELECT id, 'longshui', number, 1, 'registered', :operator::uuid, :seller::uuid, :seller::uuid, :operator::uuid,
        :buyer::uuid, true, '', :trade_date::date, 'USD', :total::numeric, at, :state::jsonb
    FROM one JOIN claimed USING (key)
), line AS MATERIALIZED (
    SELECT {_UUID7} AS line_id, one.id AS trade_id, given.line_no, given.content
    FROM one JOIN claimed USING (key), unnest(:lines::text[]) WITH ORDINALITY AS given (content, line_no)
), lines AS (
    INSERT INTO trade_lines (id, trade_id, pilot, line_no, content)
    SELECT line_id, trade_id, 'longshui', line_no, content::jsonb FROM line
), counters AS (
    INSERT INTO trade_line_counters (line_id, pilot, registered)
    SELECT line_id, 'longshui', 120 FROM line
), versions AS (
    INSERT INTO trade_versions (trade_id, version, at, actor, reason, state)
    SELECT id, 1, at, actor, 'registered', :state::jsonb FROM one JOIN claimed USING (key)
), said AS (
    INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, traceparent, payload)
    SELECT {_UUID7}, 'trade_ledger.trade_registered.v1', 'trade-ledger.trades', id::text, 1, at, actor, 'longshui',
        :traceparent::text, convert_to(:payload::text, 'UTF8') FROM one JOIN claimed USING (key)
)
INSERT INTO audit (business_at, pilot, actor, role, subject_id, operation, target, outcome, status, traceparent,
    idempotency_key)
SELECT at, 'longshui', actor, 'operator', :operator::text, 'register_trade', id::text, 'done', 201, :traceparent::text,
    key
FROM one JOIN claimed USING (key);
"""
TABLES = (
    "trades",
    "trade_lines",
    "trade_line_counters",
    "trade_versions",
    "trade_documents",
    "idempotency_keys",
    "outbox",
    "audit",
    "movements",
)
