"""qualifications that were written as free text have the code of their kind

What stands for no code stays as it is; `marketctl verify` names it (I16).
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The words without case, width, blanks, dashes and invisible characters.
_CODES = {
    "fx_directory": {
        "A": ("a", "a类", "a类企业", "甲类", "classa"),
        "B": ("b", "b类", "b类企业", "乙类", "classb"),
        "C": ("c", "c类", "c类企业", "丙类", "classc"),
    },
    "taxpayer_kind": {
        "general": ("general", "一般纳税人", "一般", "增值税一般纳税人", "generaltaxpayer"),
        "small_scale": ("smallscale", "小规模纳税人", "小规模", "增值税小规模纳税人", "smallscaletaxpayer", "small"),
    },
    "filing_frequency": {
        "month": ("month", "按月", "月", "每月", "月报", "按月申报", "monthly", "months"),
        "quarter": ("quarter", "按季", "季", "季度", "每季", "季报", "按季度", "按季申报", "quarterly", "quarters"),
    },
}
_WORDS = ", ".join(
    f"('{kind}', '{word}', '{code}')"
    for kind, codes in _CODES.items()
    for code, words in codes.items()
    for word in words
)
_FOLDED = (
    "lower(regexp_replace(normalize(held->>'value', NFKC),"
    " '[\\s_\\u00ad\\u200b-\\u200f\\u2010-\\u2015\\u2060\\ufeff-]', '', 'g'))"
)


def upgrade() -> None:
    op.execute(
        f"WITH words (kind, word, code) AS (VALUES {_WORDS}), coded AS (SELECT told.id, jsonb_agg(CASE WHEN code IS NULL"
        " THEN held ELSE jsonb_set(held, '{value}', to_jsonb(code)) END ORDER BY place) AS qualifications"
        " FROM subjects AS told CROSS JOIN jsonb_array_elements(told.qualifications) WITH ORDINALITY AS each (held, place)"
        f" LEFT JOIN words ON kind = held->>'kind' AND word = {_FOLDED} GROUP BY told.id)"
        " UPDATE subjects SET qualifications = coded.qualifications FROM coded"
        " WHERE subjects.id = coded.id AND subjects.qualifications <> coded.qualifications"
    )
