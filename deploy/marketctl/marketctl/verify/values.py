"""The invariant of `verify` about stored values: codes and spellings (I16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from marketctl.installation import Installation
from marketctl.verify.questions import MOST_SHOWN, ask
from shared.vocabulary.choices import known_value
from shared.vocabulary.spelling import Unreadable, name_spelling, reference_spelling

_HELD = {"registry": ("subjects", "id")} | dict.fromkeys(
    ("trade-ledger", "fx-settlement", "tax-exemption"), ("subject_copies", "subject_id")
)
_STALLS = "jsonb_array_elements(stalls) AS stall"
_REFERENCES = {
    "registry": ((f"subjects, {_STALLS}", "stall->>'stall_number'"),),
    "trade-ledger": (
        (f"subject_copies, {_STALLS}", "stall->>'stall_number'"),
        ("trades", "external_ref"),
        ("trades", "state->>'stall_number'"),
        ("declarations", "customs_number"),
        ("receipts", "receipt_id"),
        ("loads", "container_number"),
        ("loads", "vehicle"),
        ("loads", "seal_number"),
    ),
    "fx-settlement": (
        ("collections", "bank_reference"),
        ("pass_ons", "bank_reference"),
        ("conversions", "bank_reference"),
        ("conversions", "quota_statement->>'reference'"),
        ("entitlement_portions", "customs_number"),
    ),
    "tax-exemption": (
        ("exemption_items", "customs_number"),
        ("principal_releases", "customs_number"),
        ("return_lines", "customs_number"),
        ("certificates", "customs_number"),
        ("certificates", "issued_number"),
        ("exemption_returns", "outside_reference"),
    ),
}
_NAMES = {
    "registry": (("subjects", "display_name"), ("commodity_decisions", "goods_name")),
    "trade-ledger": (("subject_copies", "display_name"), ("commodity_decision_copies", "goods_name")),
    "fx-settlement": (("subject_copies", "display_name"),),
    "tax-exemption": (("subject_copies", "display_name"),),
}


def formed(market: Installation) -> list[str]:
    """I16: a coded value is one of its choices, a reference or name has its one spelling, and a stall one holder."""
    found = [*_uncoded(market), *_contested(market)]
    for columns, spelling in ((_REFERENCES, reference_spelling), (_NAMES, name_spelling)):
        for service, places in columns.items():
            for table, column in places:
                told = ask(market, service, f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> '' ORDER BY 1")
                found += [
                    f"{service}: {column} {value!r} of {table.partition(',')[0]} isn't spelled as a new one is"
                    for (value,) in told
                    if not _is_spelled(value, spelling)
                ]
    return found[:MOST_SHOWN]


def _is_spelled(value: str, spelling: Callable[[str], str]) -> bool:
    try:
        return spelling(value) == value
    except Unreadable:
        return False


def _uncoded(market: Installation) -> Iterator[str]:
    for service, (table, key) in _HELD.items():
        query = (
            f"SELECT DISTINCT {key}, held->>'kind', held->>'value' FROM {table},"
            " jsonb_array_elements(qualifications) AS held ORDER BY 1, 2, 3"
        )
        for subject, kind, value in ask(market, service, query):
            if known_value(kind, value) != value:
                yield f"{service}: {kind} of subject {subject} is {value!r}, which is none of its choices"


def _contested(market: Installation) -> Iterator[str]:
    query = "SELECT stall_number, subject_id, valid_from FROM stall_terms WHERE contested ORDER BY 1, 2, 3"
    for stall, subject, since in ask(market, "registry", query):
        yield f"registry: stall {stall} of subject {subject} from {since} is another's on one of its days"
