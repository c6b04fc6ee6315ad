"""What is missing and who must act: each case, and the same case once it is no longer missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from marketctl.page.facts import Declaration, Facts, Packing, Portion, Receipt, Step, Trade
from marketctl.page.missing import Missing, missing
from marketctl.page.steps import stages

TRADE = Trade("TR", "USD", Decimal("306.00"))
PACKED = Packing("PL", "sealed", "arrived", declared=True)
PORTION = Portion(
    "USD", *[Decimal("306.00")] * 3, collectable=Decimal("306.00"), collected=Decimal("306.00"), not_exempted=Decimal(0)
)
DONE = Facts(
    trades=(TRADE,),
    packings=(PACKED,),
    declarations=(Declaration("DE", "departed"),),
    portions=(PORTION,),
    owed=(),
    returns=(("ER", "accepted"),),
    certificates=(("CE", "issued"),),
)


def trade(**changed: object) -> Facts:
    return replace(DONE, trades=(replace(TRADE, **changed),))


def packed(status: str, load_status: str, *, declared: bool = True) -> Facts:
    return replace(DONE, packings=(Packing("PL", status, load_status, declared),))


def declared(status: str, *cases: tuple[str, str]) -> Facts:
    return replace(DONE, declarations=(Declaration("DE", status, cases),))


def portion(**changed: object) -> Facts:
    return replace(DONE, portions=(replace(PORTION, **changed),))


def owed(collected: str, *, between: bool = True, amount: str = "306.00") -> Facts:
    said = portion(collected=Decimal(collected), collectable=Decimal(collected), passed_between=between)
    return replace(said, owed=(("USD", Decimal(amount)),))


def receipt(unused: str, *blocked_by: str) -> Facts:
    return replace(DONE, receipts=(Receipt("CO", "USD", Decimal(unused), blocked_by),))


CASES = [
    ("all done", DONE, []),
    ("goods that aren't allowed yet", trade(eligible=False), [("to_decide", "market_supervision", "TR")]),
    ("not allowed, so nothing else of it", trade(eligible=False, to_pack=True, buyer_named=False),
     [("to_decide", "market_supervision", "TR")]),
    ("a void trade waits for nobody", trade(status="void", eligible=False, to_pack=True, buyer_named=False), []),
    ("no buyer", trade(buyer_named=False), [("to_complete_buyer", "consignor", "TR")]),
    ("no original document", trade(needs_original=True), [("to_file_original", "consignor", "TR")]),
    ("not handed over, so not yet to be packed", trade(needs_handover=True, to_pack=True),
     [("to_hand_over", "seller", "TR")]),
    ("not packed whole", trade(to_pack=True), [("to_pack", "consignor", "TR")]),
    ("an open list", packed("open", "open", declared=False), [("to_seal", "consignor", "PL")]),
    ("a void list", packed("void", "closed", declared=False), []),
    ("a sealed list in an open load", packed("sealed", "open"), [("to_seal_load", "consolidator", "PL")]),
    ("on its way", packed("sealed", "sealed"), [("to_arrive", "site_operator", "PL")]),
    ("arrived and not declared", packed("sealed", "arrived", declared=False), [("to_declare", "consignor", "PL")]),
    ("sealed and on its way, not declared", packed("sealed", "sealed", declared=False),
     [("to_arrive", "site_operator", "PL"), ("to_declare", "consignor", "PL")]),
    ("a draft", declared("draft"), [("to_submit", "declarant", "DE")]),
    ("submitted", declared("submitted"), [("to_accept", "customs", "DE")]),
    ("accepted", declared("accepted"), [("to_release", "customs", "DE")]),
    ("inspected", declared("inspected"), [("to_release", "customs", "DE")]),
    ("released", declared("released"), [("to_depart", "customs", "DE")]),
    ("rejected", declared("rejected"), [("to_submit_again", "declarant", "DE")]),
    ("withdrawn", declared("withdrawn"), [("to_submit_again", "declarant", "DE")]),
    ("deleted", declared("deleted"), []),
    ("shut out", declared("shut_out"), []),
    ("returned", declared("returned"), []),
    ("a case of customs", declared("departed", ("limit_exceeded", "customs")),
     [("case", "customs", "DE limit_exceeded")]),
    ("collected whole", portion(collected=Decimal("306.00")), []),
    ("a cent is open", portion(collected=Decimal("305.99")), [("to_collect", "collector", "USD 0.01")]),
    ("more collected than released", portion(collected=Decimal("306.01")), []),
    ("nobody told what was collected", portion(collected=None, collectable=None), []),
    ("a currency's own digits", portion(currency="KWD", collected=Decimal("305.82")),
     [("to_collect", "collector", "KWD 0.180")]),
    ("a cent of a receipt lies unused", receipt("0.01"), [("to_match", "collector", "CO USD 0.01")]),
    ("a receipt is used up", receipt("0.00"), []),
    ("a receipt is blocked", receipt("300.00", "payer_unstated"), [("to_unblock", "collector", "CO payer_unstated")]),
    ("a blocked one is sent back", receipt("0.00", "payer_unstated"), []),
    ("collected for another", owed("306.00"), [("to_pass_on", "collector", "USD 306.00")]),
    ("the owner collects itself", owed("306.00", between=False), []),
    ("nothing collected, so nothing of it owed", owed("0"), []),
    ("nobody told what is owed", replace(owed("306.00"), owed=None), []),
    ("to be declared exempt", portion(not_exempted=Decimal("306.00")), [("to_file", "filer", "USD 306.00")]),
    ("nobody told what is exempt", portion(not_exempted=None), []),
    ("filed", replace(DONE, returns=(("ER", "filed"),)), [("to_accept_return", "tax", "ER")]),
    ("filed elsewhere", replace(DONE, returns=(("ER", "filed_outside"),)), [("to_accept_return", "tax", "ER")]),
    ("queried", replace(DONE, returns=(("ER", "queried"),)), [("to_answer_query", "filer", "ER")]),
    ("applied for", replace(DONE, certificates=(("CE", "applied"),)), [("to_issue", "tax", "CE")]),
    ("a void certificate of the owner's own export", replace(DONE, certificates=(("CE", "void"),)), []),
    ("exported by agency without a certificate", replace(trade(by_agency=True), certificates=()),
     [("to_apply", "consignor", "TR")]),
    ("the certificate is void", replace(trade(by_agency=True), certificates=(("CE", "void"),)),
     [("to_apply", "consignor", "TR")]),
    ("a new one was issued", replace(trade(by_agency=True), certificates=(("CE", "void"), ("CE2", "issued"))), []),
    ("nothing left yet", replace(trade(by_agency=True), certificates=(),
                                 portions=(replace(PORTION, departed=Decimal(0)),)), []),
    ("a silent service", replace(DONE, silent=("tax-exemption",)), [("silent", "operations", "tax-exemption")]),
    ("two portions of a currency are one sum",
     replace(DONE, portions=(replace(PORTION, collected=Decimal("300.00")),) * 2),
     [("to_collect", "collector", "USD 12.00")]),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "lacking"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_what_is_missing_is_said_with_who_must_act(facts: Facts, lacking: list[tuple[str, str, str]]) -> None:
    assert missing(facts) == [Missing(*each) for each in lacking]


def test_each_state_of_a_declaration_has_its_turn_or_waits_for_nobody() -> None:
    from typing import get_args

    from shared.events.trade_ledger import DeclarationStatus

    tested = {each.status for _, facts, _ in CASES for each in facts.declarations}
    assert tested == set(get_args(DeclarationStatus))


LAST = {
    "filed": "trade_ledger.trade_registered.v1",
    "packed": "trade_ledger.packing_list_sealed.v1",
    "declared": "trade_ledger.declaration_accepted.v1",
    "left": "trade_ledger.declaration_departed.v1",
    "collected": "fx_settlement.collection_matched.v1",
    "exempted": "tax_exemption.return_accepted.v1",
}


def test_a_step_is_done_by_its_last_event_when_nothing_of_it_is_missing() -> None:
    steps = [Step("2026-05-13T01:00:00Z", each, "k", "a", {}) for each in LAST.values()]
    assert [(each.name, each.state) for each in stages(steps, [])] == [(name, "done") for name in LAST]
    assert [each.state for each in stages([], [])] == ["open"] * 6
    lacking = [
        Missing(code, "x") for code in ("to_complete_buyer", "to_pack", "case", "to_depart", "to_collect", "to_file")
    ]
    assert [each.state for each in stages(steps, lacking)] == ["begun"] * 6
    others = [Step("2026-05-13T01:00:00Z", "trade_ledger.trade_corrected.v1", "k", "a", {})]
    assert [each.state for each in stages(others, [])] == ["begun", *["open"] * 5]
