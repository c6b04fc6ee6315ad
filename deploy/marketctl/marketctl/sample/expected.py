"""What the sample days must reach: the refusals expected by rule and code, and the least numbers."""

from __future__ import annotations

EXPECTED_REFUSALS: frozenset[tuple[str, str]] = frozenset(
    {
        ("R-FILE-1", "subject_not_filed"),
        ("R-FILE-3", "subject_suspended"),
        ("R-FILE-2", "stall_out_of_bounds"),
        ("R-FILE-4", "identity_check_digit_wrong"),
        ("R-FILE-4", "already_filed"),
        ("R-TRADE-3", "cash_settlement_not_exportable"),
        ("R-GOODS-1", "goods_not_allowed"),
        ("V9", "commodity_undecided"),
        ("R-PACK-2", "packed_over_quantity"),
        ("R-PACK-3", "container_on_open_load"),
        ("R-DECL-1", "declaration_value_over_limit"),
        ("R-FX-2", "not_the_collector"),
        ("R-FX-1", "collection_over_entitlement"),
        ("R-FX-5", "conversion_over_stated_quota"),
        ("R-TAX-2", "outside_filing_window"),
        ("V65", "not_yours"),
    }
)

# The rule behind each code that a filing of the workbook must meet.
FILING_RULES: dict[str, str] = {
    "stall_out_of_bounds": "R-FILE-2",
    "identity_check_digit_wrong": "R-FILE-4",
    "already_filed": "R-FILE-4",
}
# The refusals that end a slip for good: the step and the rule of each code.
REFUSED_TRADES: dict[str, tuple[str, str]] = {
    "subject_not_filed": ("交易登记", "R-FILE-1"),
    "subject_suspended": ("交易登记", "R-FILE-3"),
    "goods_not_allowed": ("交易登记", "R-GOODS-1"),
    "cash_settlement_not_exportable": ("装箱", "R-TRADE-3"),
}

LEAST: dict[str, int] = {
    "subjects": 91,
    "trades": 400,
    "lines": 2000,
    "packing_lists": 20,
    "declarations_released": 20,
    "collections": 20,
    "exemptions_accepted": 20,
}
LEAST_OF: dict[str, int] = {"stall_holder": 60, "operator": 6, "buyer": 25}
