"""The invariant of `verify` about stored values: codes and spellings (I16)."""

from __future__ import annotations

from marketctl.installation import Installation
from marketctl.verify.questions import MOST_SHOWN, ask
from shared.vocabulary.choices import known_value

_HELD = {"registry": ("subjects", "id")} | dict.fromkeys(
    ("trade-ledger", "fx-settlement", "tax-exemption"), ("subject_copies", "subject_id")
)


def formed(market: Installation) -> list[str]:
    """I16: a coded value that is none of its choices is named, row by row."""
    found = []
    for service, (table, key) in _HELD.items():
        query = (
            f"SELECT DISTINCT {key}, held->>'kind', held->>'value' FROM {table},"
            " jsonb_array_elements(qualifications) AS held ORDER BY 1, 2, 3"
        )
        found += [
            f"{service}: {kind} of subject {subject} is {value!r}, which is none of its choices"
            for subject, kind, value in ask(market, service, query)
            if known_value(kind, value) != value
        ]
    return found[:MOST_SHOWN]
