"""references and names that were stored before have the one spelling of what is entered now

Where two rows would become the same, both stay as they are; `marketctl verify` names them (I16).
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INVISIBLE = (
    r"\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANKS = r"[ \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
# A text with one of these is refused today: it stays, and somebody reads it.
_UNREADABLE = r"[\u0001-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff]"
_WIDE = "".join(
    chr(code) for start, end in ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B)) for code in range(start, end)
)
_ORDINARY = "".join(chr(ord(each) - 0xFEE0) for each in _WIDE)
_FUNCTIONS = (
    f"""CREATE OR REPLACE FUNCTION pg_temp.spelled(told text) RETURNS text LANGUAGE sql IMMUTABLE AS
           $$ SELECT CASE WHEN told ~ '^[!-~]*$' OR told ~ '{_UNREADABLE}' THEN told
              ELSE coalesce(nullif(btrim(regexp_replace(regexp_replace(normalize(
                   regexp_replace(told, '[{_INVISIBLE}]', '', 'g'), NFKC),
                   '[\u2010-\u2015\u2212]', '-', 'g'), '{_BLANKS}', ' ', 'g')), ''), told) END $$""",
    f"""CREATE OR REPLACE FUNCTION pg_temp.name_spelled(told text) RETURNS text LANGUAGE sql IMMUTABLE AS
           $$ SELECT CASE WHEN told ~ '^[!-~]*$' OR told ~ '{_UNREADABLE}' THEN told
              ELSE coalesce(nullif(btrim(regexp_replace(translate(normalize(
                   regexp_replace(told, '[{_INVISIBLE}]', '', 'g'), NFC),
                   '{_WIDE}', '{_ORDINARY}'), '{_BLANKS}', ' ', 'g')), ''), told) END $$""",
)


def _spell(table: str, column: str, function: str = "spelled") -> None:
    op.execute(
        f"UPDATE {table} SET {column} = pg_temp.{function}({column}) WHERE {column} <> pg_temp.{function}({column})"
    )


def upgrade() -> None:
    for function in _FUNCTIONS:
        op.execute(function)
    # A bank's reference stands for one thing, whatever its kind.
    for table in ("collections", "pass_ons", "conversions"):
        op.execute(
            "WITH every AS (SELECT id, bank_id, bank_reference FROM collections"
            " UNION ALL SELECT id, bank_id, bank_reference FROM pass_ons"
            " UNION ALL SELECT id, bank_id, bank_reference FROM conversions), told AS (SELECT id,"
            " pg_temp.spelled(bank_reference) AS spelling, count(*) OVER (PARTITION BY bank_id,"
            " pg_temp.spelled(bank_reference)) AS rows FROM every)"
            f" UPDATE {table} SET bank_reference = spelling FROM told"
            f" WHERE {table}.id = told.id AND rows = 1 AND bank_reference <> spelling"
        )
    # What was converted under one statement is added up: two that become the same would be one.
    op.execute(
        "WITH told AS (SELECT bank_id, pg_temp.spelled(quota_statement->>'reference') AS spelling FROM conversions"
        " WHERE quota_statement->>'reference' IS NOT NULL GROUP BY 1, 2"
        " HAVING count(DISTINCT quota_statement->>'reference') = 1)"
        " UPDATE conversions SET quota_statement = jsonb_set(quota_statement, '{reference}', to_jsonb(spelling))"
        " FROM told WHERE conversions.bank_id = told.bank_id"
        " AND pg_temp.spelled(quota_statement->>'reference') = spelling AND quota_statement->>'reference' <> spelling"
    )
    _spell("entitlement_portions", "customs_number")
    _spell("subject_copies", "display_name", "name_spelled")
