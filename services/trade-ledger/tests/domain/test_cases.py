"""Which facts are kept as conflict cases, and when a case closes again (R-DECL-7, V8, V27, V32, V34)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from trade_ledger.domain.cases import (
    ClosingFacts,
    CodeNow,
    asks_for_arrival,
    breaches_of_closing,
    case_of_number,
    case_of_reuse,
    case_of_room,
    cases_of_codes,
    cases_of_limit,
    frozen_by,
    standing,
    turn_of,
)
from trade_ledger.domain.receipts import KINDS, Outcome, Receipt, outcome_of
from trade_ledger.domain.receipts import Conflict as Case

NOON = datetime(2026, 5, 13, 4, tzinfo=UTC)


def receipt(receipt_id: str, kind: str, hour: int = 4, **codes: str) -> Receipt:
    return Receipt(receipt_id, kind, NOON.replace(hour=hour), codes=codes)


# What is known of the case, and what becomes of it.
TURNS = [
    ("facts that still disagree keep their case open", "departed_and_shut_out", True, True, False, "keep"),
    ("facts that agree again close it", "departed_and_shut_out", False, True, False, "close"),
    ("what is closed stays closed", "departed_and_shut_out", False, False, True, "keep"),
    ("what the facts closed, the facts open again", "departed_and_shut_out", True, False, True, "reopen"),
    ("what a person closed stays closed", "departed_and_shut_out", True, False, False, "keep"),
    ("a used customs number is closed by a person only", "customs_number_taken", False, True, False, "keep"),
    ("a used receipt id is closed by a person only", "receipt_id_reused", False, True, False, "keep"),
]


CLOSINGS = [
    ("customs closes customs' case", True, "customs", "customs", False, []),
    ("customs doesn't close the consignor's", True, "consignor", "customs", False, ["somebody_else_must_act"]),
    ("the consignor closes its own", True, "consignor", "operator", True, []),
    ("a stall holder that exports by itself is the consignor", True, "consignor", "stall_holder", True, []),
    ("the consignor doesn't close customs'", True, "customs", "operator", True, ["somebody_else_must_act"]),
    ("commerce decides on goods", True, "commerce", "commerce", False, []),
    ("a site closes what waits for it", True, "site_operator", "site_operator", False, []),
    ("nobody closes twice", False, "customs", "customs", False, ["conflict_closed_already"]),
]


@pytest.mark.parametrize(("is_open", "must_act", "role", "own", "found"), [each[1:] for each in CLOSINGS],
                         ids=[each[0] for each in CLOSINGS])  # fmt: skip
def test_who_must_act_closes_a_case(is_open: bool, must_act: str, role: str, own: bool, found: list[str]) -> None:
    facts = ClosingFacts(is_open, must_act=must_act, role=role, is_consignor=own)
    assert [(each.code, each.rule) for each in breaches_of_closing(facts)] == [(code, "R-DECL-7") for code in found]


@pytest.mark.parametrize(("code", "still", "opened", "by_facts", "turn"), [each[1:] for each in TURNS],
                         ids=[each[0] for each in TURNS])  # fmt: skip
def test_a_case_follows_its_facts(code: str, still: bool, opened: bool, by_facts: bool, turn: str) -> None:
    assert turn_of(code, still=still, opened=opened, closed_by_facts=by_facts) == turn


def outcome(*kinds: str) -> Outcome:
    return outcome_of([receipt(kind, kind) for kind in kinds], {"p": Decimal(1)})


@pytest.mark.parametrize(
    ("kinds", "withdrawn", "status", "codes"),
    [
        ((), True, "withdrawn", []),
        (("rejected",), True, "withdrawn", []),
        (("accepted",), True, "accepted", ["accepted_after_withdrawal"]),
        (("released",), True, "released", ["accepted_after_withdrawal"]),
        ((), False, "submitted", []),
        (("rejected",), False, "rejected", []),
        (("accepted",), False, "accepted", []),
        (("accepted", "rejected"), False, "accepted", ["rejected_and_accepted"]),
    ],
)
def test_a_withdrawal_stands_until_customs_took_the_declaration(
    kinds: tuple[str, ...], withdrawn: bool, status: str, codes: list[str]
) -> None:
    found, cases = standing(outcome(*kinds), withdrawn=withdrawn)
    assert (found, [each.code for each in cases]) == (status, codes)
    late = [each for each in cases if each.code == "accepted_after_withdrawal"]
    assert {(each.receipt_id, each.must_act) for each in late} <= {(kind, "consignor") for kind in kinds[:1]}


@pytest.mark.parametrize(
    ("usd", "found"),
    [
        ("150000.00", []),
        ("149999.99", []),
        ("150000.01", [Case("value_over_limit", "R1", "USD 150,000.01 is more than 150,000.00", "customs")]),
    ],
)
def test_accepted_above_the_limit_is_a_case_and_at_it_none(usd: str, found: list[Case]) -> None:
    assert cases_of_limit(Decimal(usd), Decimal("150000.00"), "R1") == found


def test_another_code_than_the_slips_is_a_case_of_the_newest_amendment() -> None:
    same, other = CodeNow("p1", "锤", "82", "eligible", "82"), CodeNow("p2", "钳", "73", "eligible", "82")
    amended = [receipt("R2", "amended", 5), receipt("R1", "amended", 6), receipt("R0", "amended", 6)]
    assert cases_of_codes([same], amended) == []
    assert cases_of_codes([same, other], amended) == [
        Case("code_changed", "R1", "钳: 73 (eligible), the slip has 82", "consignor", ("p2",))
    ]


@pytest.mark.parametrize(
    ("decision", "must_act"), [("eligible", "consignor"), ("needs_person", "commerce"), ("not_eligible", "commerce")]
)
def test_who_must_act_on_another_code_hangs_on_the_lists(decision: str, must_act: str) -> None:
    """R-DECL-7, R-GOODS-1: only commerce decides on goods that its lists don't allow."""
    goods = [CodeNow("p1", "钳", "73", "eligible", "82"), CodeNow("p2", "枪", "9303", decision, "82")]
    (case,) = cases_of_codes(goods, [receipt("R1", "amended")])
    assert (case.must_act, case.portions) == (must_act, ("p1", "p2"))


@pytest.mark.parametrize(
    ("code", "freezes"),
    [
        ("value_over_limit", ("room", "exemption", "certificate")),
        ("code_changed", ("room", "exemption", "certificate")),
        ("a_code_of_tomorrow", ("room", "exemption", "certificate")),
        ("export_date_differs", ("exemption",)),
    ],
)
def test_a_case_freezes_what_hangs_on_it_and_all_unless_it_is_named_here(code: str, freezes: tuple[str, ...]) -> None:
    assert frozen_by(code) == freezes


@pytest.mark.parametrize(("goods", "named"), [(9, 9), (10, 10), (11, 10)])
def test_at_most_ten_goods_of_another_code_are_named(goods: int, named: int) -> None:
    (case,) = cases_of_codes([CodeNow("p", "钳", "73", "eligible", "82")] * goods, [receipt("R1", "amended")])
    assert case.detail.count("钳") == named


def test_what_the_other_cases_say_and_who_must_act() -> None:
    assert case_of_number("LS-DE-1", "R1") == Case(
        "customs_number_taken", "R1", "declaration LS-DE-1 has the same number", "customs"
    )
    assert case_of_reuse("R1", "accepted", "deleted", "{}") == Case(
        "receipt_id_reused", "R1", "first accepted, then deleted: {}", "customs"
    )
    assert case_of_room({"p2": "锤", "p1": "钳"}, "R1") == Case(
        "quantity_elsewhere", "R1", "lines: 钳, 锤", "consignor", ("p1", "p2")
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", ["accepted", "departed", "deleted", "rejected", "withdrawn"])
def test_arrival_matters_once_customs_inspected_or_released_goods_of_a_live_declaration(kind: str, status: str) -> None:
    live = status in ("accepted", "departed")
    assert asks_for_arrival(status, [receipt("R", kind)]) == (live and kind in ("inspected", "released", "departed"))
    assert not asks_for_arrival(status, [])
