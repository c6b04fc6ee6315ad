"""references and names that were stored before have the one spelling of what is entered now

Where two rows would become the same, both stay as they are; `marketctl verify` names them (I16).
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
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


def _spell_stalls(table: str, key: str) -> None:
    op.execute(
        f"WITH told AS (SELECT s.{key}, jsonb_agg(jsonb_set(stall, '{{stall_number}}',"
        " to_jsonb(pg_temp.spelled(stall->>'stall_number'))) ORDER BY place) AS stalls"
        f" FROM {table} AS s CROSS JOIN jsonb_array_elements(s.stalls) WITH ORDINALITY AS each (stall, place)"
        f" GROUP BY s.{key}) UPDATE {table} SET stalls = told.stalls FROM told"
        f" WHERE {table}.{key} = told.{key} AND {table}.stalls <> told.stalls"
    )


def upgrade() -> None:
    for function in _FUNCTIONS:
        op.execute(function)
    _spell_stalls("subjects", "id")
    _spell("subjects", "display_name", "name_spelled")
    _spell("commodity_decisions", "goods_name", "name_spelled")
