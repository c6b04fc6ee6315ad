"""Is money kept apart account by account: does what lies on them sum to what is owed and held (R-FX-2, R-FX-4)?"""

from __future__ import annotations

from marketctl.installation import Installation
from marketctl.verify.questions import named

# A row of 0.1.0 names no account: its money lies on its party's first one at the bank, and 0.1.0 let it be passed on or
# converted elsewhere. Such an account alone may have less than nothing.
_FIRST = "md5(uuid_send({table}.{party}) || uuid_send({table}.bank_id))::uuid"
_ON = f"coalesce({{table}}.{{column}}, {_FIRST})"
_COLLECTED = _ON.format(table="c", column="account_id", party="collector_id")
_OWED = (
    f"SELECT c.collector_id AS agent, m.owner_id AS principal, c.currency, c.bank_id, {_COLLECTED} AS account,"
    " m.amount - m.charges AS amount, c.account_id IS NULL AS old FROM matches m"
    " JOIN collections c ON c.id = m.collection_id WHERE m.unmatched_at IS NULL AND m.owner_id <> c.collector_id"
    f" UNION ALL SELECT k.creditor_id, k.debtor_id, k.currency, c.bank_id, {_COLLECTED}, k.amount - k.settled,"
    " c.account_id IS NULL FROM claims k JOIN collections c ON c.id = k.collection_id WHERE k.creditor_id <> c.bank_id"
    " UNION ALL SELECT p.agent_id, p.principal_id, p.currency, p.bank_id,"
    f" {_ON.format(table='p', column='account_id', party='agent_id')}, -p.amount, p.account_id IS NULL FROM pass_ons p"
)
_HELD = (
    f"SELECT c.collector_id AS holder, c.currency, c.bank_id, {_COLLECTED} AS account,"
    " greatest(c.amount - c.bank_charges - c.refunded + coalesce((SELECT sum(k.amount) FROM claims k"
    "  WHERE k.collection_id = c.id AND k.creditor_id = c.bank_id), 0), 0) AS amount, c.account_id IS NULL AS old"
    " FROM collections c WHERE c.account_kind = 'personal' AND c.blocked_by = '[]'"
    " UNION ALL SELECT p.principal_id, p.currency, p.bank_id,"
    f" {_ON.format(table='p', column='principal_account_id', party='principal_id')}, p.amount,"
    " p.principal_account_id IS NULL FROM pass_ons p JOIN personal_balances USING (currency)"
    " WHERE p.paid_as = 'fx' AND p.currency <> 'CNY' AND holder_id = p.principal_id"
    " UNION ALL SELECT v.holder_id, v.currency, v.bank_id,"
    f" {_ON.format(table='v', column='account_id', party='holder_id')}, -v.amount, v.account_id IS NULL"
    " FROM conversions v"
)
_STRAY = " UNION ALL ".join(
    f"SELECT t.number, t.{column} AS account FROM {table} t WHERE t.{column} IS NOT NULL"
    f" AND t.{column} <> {_FIRST.format(table='t', party=party)} AND NOT EXISTS"
    f" (SELECT 1 FROM subject_copies s, jsonb_array_elements(s.qualifications) q WHERE s.subject_id = t.{party}"
    f" AND q->>'account_id' = t.{column}::text AND q->>'bank_id' = t.bank_id::text)"
    for table, column, party in (
        ("collections", "account_id", "collector_id"),
        ("pass_ons", "account_id", "agent_id"),
        ("pass_ons", "principal_account_id", "principal_id"),
        ("conversions", "account_id", "holder_id"),
    )
)
_QUESTIONS = (
    (
        f"SELECT agent, principal, currency, account, sum(amount) FROM ({_OWED}) m GROUP BY 1, 2, 3, 4"
        " HAVING sum(amount) < 0 AND NOT bool_or(old)",
        "agent {0}, principal {1}: {4} {2} is owed of account {3}",
    ),
    (
        "SELECT p.agent_id, p.principal_id, p.currency, p.collected + p.claims - p.charges - p.passed_on,"
        f" coalesce(sum(m.amount), 0) FROM payables p LEFT JOIN ({_OWED}) m ON m.agent = p.agent_id"
        " AND m.principal = p.principal_id AND m.currency = p.currency GROUP BY p.agent_id, p.principal_id, p.currency"
        " HAVING p.collected + p.claims - p.charges - p.passed_on <> coalesce(sum(m.amount), 0)",
        "agent {0}, principal {1}: {3} {2} is owed, {4} of all accounts",
    ),
    (
        f"SELECT holder, currency, account, sum(amount) FROM ({_HELD}) m GROUP BY 1, 2, 3"
        " HAVING sum(amount) < 0 AND NOT bool_or(old)",
        "holder {0}: account {2} holds {3} {1}",
    ),
    (
        f"SELECT b.holder_id, b.currency, b.balance, coalesce(sum(m.amount), 0) FROM personal_balances b"
        f" LEFT JOIN ({_HELD}) m ON m.holder = b.holder_id AND m.currency = b.currency"
        " GROUP BY b.holder_id, b.currency HAVING b.balance <> coalesce(sum(m.amount), 0)",
        "holder {0}: {2} {1} in all, {3} on all accounts",
    ),
    (_STRAY, "{0}: account {1} is none of its party at the bank"),
)


def kept_apart(market: Installation) -> list[str]:
    """What doesn't hold of the accounts on which collected money lies."""
    return [each for query, text in _QUESTIONS for each in named(market, "fx-settlement", query, text)]
