"""What a trade lacks until its goods are declared (R-TRADE-1, V19)."""

from __future__ import annotations

import pytest

from trade_ledger.domain.originals import lacks_of


@pytest.mark.parametrize(("originals", "lacks"), [(0, ["original_document"]), (1, []), (20, [])])
def test_one_original_document_is_enough(originals: int, lacks: list[str]) -> None:
    assert lacks_of(originals) == lacks
