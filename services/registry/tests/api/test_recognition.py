"""Registry recognises goods as the shared table of cases says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry.store.documents import ListEntry
from registry.store.tables import CommodityDecisionRow, CommodityListRow
from shared.vocabulary.recognition import decided, listed
from shared.workshop.testing.recognition_cases import RecognitionCase, recognition_cases

CASES = recognition_cases()
LONG_AGO, SINCE = datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)


def in_force(case: RecognitionCase, pilot: str) -> tuple[list[Any], dict[str, str]]:
    """The case's lists and decisions as rows, and the references of its entries."""
    rows: list[Any] = []
    references: dict[str, str] = {}
    for kind in ("positive", "negative"):
        entries = [each for each in case.in_force if each.kind == kind]
        references |= {each.name: listed(f"{kind}@1", number) for number, each in enumerate(entries, 1)}
        stored = tuple(
            ListEntry(
                hs_prefix=each.hs_prefix,
                keywords=each.keywords,
                verdict=each.verdict,  # type: ignore[arg-type]  # no entry of a list has the decision "needs a person"
                reason="because",
                reason_zh="理由",
                barred_from_simplification=each.barred_from_simplification,
            )
            for each in entries
        )
        common = {"pilot": pilot, "kind": kind, "version": 1, "effective_from": SINCE, "source": "table"}
        rows.append(CommodityListRow(id=uuid4(), entries=stored, published_at=LONG_AGO, **common))
    for number, each in enumerate((each for each in case.in_force if each.kind == "decision"), 1):
        decision_id = UUID(int=CASES.index(case) * 100 + number)
        references[each.name] = decided(decision_id)
        rows.append(
            CommodityDecisionRow(
                id=decision_id,
                pilot=pilot,
                goods_name=each.keywords[0],
                hs_code=each.hs_prefix,
                verdict=each.verdict,
                reason="because",
                authority="commerce",
                effective_from=SINCE,
                decided_by="officer",
                decided_at=LONG_AGO,
            )
        )
    return rows, references


@pytest.mark.parametrize("case", CASES, ids=[each.id for each in CASES])
async def test_goods_are_shown_with_the_entry_that_governs_them(bureau: Any, case: RecognitionCase) -> None:
    """R-GOODS-2."""
    rows, references = in_force(case, "yiwu")
    async with bureau.door.as_worker() as session:
        session.add_all(rows)
    path = f"/v1/recognitions?name={case.goods_name}&hs_code={case.hs_code}"
    shown = await bureau.door.done("GET", path, pilot="yiwu")
    first = [each["entry"] for each in shown["candidates"][:1]]
    assert (shown["decision"], first) == (case.decision, [] if case.entry is None else [references[case.entry]])
