"""What the page reads out of a trace."""

from __future__ import annotations

import pytest

from marketctl.page.facts import facts_of


@pytest.mark.parametrize(
    ("lacks", "declared", "waits"),
    [
        (["original_document"], "0", True),
        (["original_document"], "9.99", True),
        # Declared before documents were asked for.
        (["original_document"], "10", False),
        ([], "0", False),
    ],
)
def test_a_trade_waits_for_its_original_document_until_it_is_declared(
    lacks: list[str], declared: str, waits: bool
) -> None:
    """R-TRADE-1."""
    counters = {"registered": "12", "void": "2", "packed": "10", "declared": declared}
    trade = {
        "number": "TR", "currency": "USD", "total": "10.00", "status": "registered", "eligible": True,
        "buyer_named": True, "lacks": lacks, "counters": [counters], "consignor_id": "a", "seller_id": "a",
        "handed_over_at": None, "export_mode": "own",
    }  # fmt: skip
    progress = {"trades": [trade], "packing_lists": [], "declarations": [], "portions": []}
    (found,) = facts_of({"progress": progress, "timeline": []}, (), (), (), ()).trades
    assert found.needs_original is waits
