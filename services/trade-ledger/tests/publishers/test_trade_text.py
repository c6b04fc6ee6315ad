"""The bytes that a registration writes equal the published model: no field is missing or written differently."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
from hypothesis import given
from hypothesis import strategies as st

from shared.act import Act
from shared.events.trade_ledger import TradeLine, TradeState
from shared.keyring import KeyRing
from shared.sealing import Sealer
from shared.vocabulary.recognition import UNKNOWN, Verdict
from shared.vocabulary.spelling import name_spelling
from trade_ledger.api.trade_schemas import TradeOut
from trade_ledger.domain.registration import Settled
from trade_ledger.publishers.trade_text import trade_text
from trade_ledger.store.entries import TradeEntry

SEALER = Sealer(KeyRing({"k1": "a test's own secret"}))
ACT = Act(actor="op:1", pilot="longshui", now=datetime(2026, 5, 13, 1, tzinfo=UTC))
_TYPED = st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Cn", "Co"))
NAME = st.text(_TYPED, min_size=1, max_size=12).filter(name_spelling)
REFERENCE = st.tuples(st.sampled_from("A1号"), st.text(_TYPED, max_size=1)).map("".join)


def numbers(places: int, least: str = "0.01") -> st.SearchStrategy[str]:
    found = st.decimals(Decimal(least), Decimal(10**9), places=places, allow_nan=False)
    return found.map(lambda number: f"{number.normalize():f}")


LINE = st.fixed_dictionaries(
    {
        "goods_name": NAME,
        "hs_code": st.sampled_from(["820412", "82041200", "8204120000"]),
        "quantity": numbers(6),
        "unit": NAME,
        "statutory_quantity": numbers(6),
        "statutory_unit": NAME,
        "unit_price": numbers(4),
        "amount": numbers(4),
        "packages": st.integers(0, 1_000_000),
        "net_weight_kg": numbers(6),
        "origin_place": NAME,
    },
    optional={
        "specification": NAME,
        "brand": NAME,
        "brand_statement": st.sampled_from(["", "own", "authorised"]),
        "brand_evidence_hash": st.just("a" * 64),
        "item_mark": NAME,
        "second_statutory_quantity": numbers(6),
        "second_statutory_unit": NAME,
        "package_unit": NAME,
        "producer": NAME,
    },
)
TRADE = st.fixed_dictionaries(
    {
        "seller_id": st.uuids().map(str),
        "consignor_id": st.uuids().map(str),
        "export_mode": st.sampled_from(["own", "agency", "outright"]),
        "settlement_method": st.sampled_from(["fx", "rmb", "cash"]),
        "trade_date": st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(date.isoformat),
        "currency": st.sampled_from(["USD", "CNY", "JPY", "KWD"]),
        "total": numbers(4),
        "lines": st.lists(LINE, min_size=1, max_size=3),
    },
    optional={
        "buyer_id": st.uuids().map(str),
        "stall_number": REFERENCE,
        "kind": st.sampled_from(["goods", "sample", "gift"]),
        "procurement": st.sampled_from(["self", "entrusted"]),
        "procurement_agency_id": st.uuids().map(str),
        "export_agency_id": st.uuids().map(str),
        "channel": st.sampled_from(["market", "cross_border_ecommerce", "comprehensive_service"]),
        "price_term": st.sampled_from(["EXW", "FOB", "C&F", "C&I", "CIF"]),
        "document_hashes": st.lists(st.just("b" * 64), max_size=2),
        "external_ref": REFERENCE,
        "domestic_leg": st.fixed_dictionaries(
            {
                "amount": numbers(2),
                "paid_on": st.just("2026-05-12"),
                "payer": NAME,
                "payee": NAME,
                "reference": REFERENCE,
            }
        ),
    },
)
SETTLED = st.builds(
    Settled,
    collector_id=st.uuids().map(str),
    exemption_filer_id=st.none() | st.uuids().map(str),
    stall_holder_id=st.none() | st.uuids().map(str),
    owner_id=st.uuids().map(str),
    eligible=st.booleans(),
    ineligible_reasons=st.sampled_from([(), ("settled in cash / 现金结算",)]),
)
VERDICT = st.sampled_from([UNKNOWN, Verdict("eligible", "positive@1#3", "tools", "龙水五金")])


@given(TRADE, SETTLED, VERDICT)
def test_the_bytes_of_a_registration_are_the_published_state(
    entered: dict[str, Any], terms: Settled, verdict: Verdict
) -> None:
    entry = TradeEntry.model_validate(entered)
    ids = [uuid4() for _ in range(1 + len(entry.lines))]
    text = trade_text(entry, terms, (verdict,) * len(entry.lines), "LS-TR-0000001-92", ids=ids, sealer=SEALER, act=ACT)
    state = TradeState.model_validate_json(text.state)
    assert orjson.loads(text.state) == state.model_dump(mode="json")
    assert [TradeLine.model_validate_json(line.content) for line in text.lines] == list(state.lines)
    assert [line.quantity for line in text.lines] == [line.quantity for line in state.lines]
    answer = TradeOut.model_validate_json(text.answer)
    assert orjson.loads(text.answer) == answer.model_dump(mode="json")
    assert (answer.id, answer.eligible) == (state.trade_id, state.eligible)
    assert (answer.trade.domestic_leg is None) == (state.domestic_leg is None)


def test_payer_and_payee_leave_the_answer_as_masks_alone() -> None:
    leg = {"amount": "10.00", "paid_on": "2026-05-12", "payer": "王小明", "payee": "李四", "reference": "r1"}
    line = {
        "goods_name": "扳手", "hs_code": "820412", "quantity": "1", "unit": "把", "statutory_quantity": "1",
        "statutory_unit": "千克", "unit_price": "1", "amount": "1", "packages": 1, "net_weight_kg": "1",
        "origin_place": "大足",
    }  # fmt: skip
    entry = TradeEntry.model_validate(
        {
            "seller_id": str(uuid4()),
            "consignor_id": str(uuid4()),
            "export_mode": "own",
            "settlement_method": "fx",
            "trade_date": "2026-05-13",
            "currency": "USD",
            "total": "1",
            "domestic_leg": leg,
            "lines": [line],
        }
    )
    terms = Settled(str(uuid4()), None, None, str(uuid4()), True, ())
    text = trade_text(entry, terms, (UNKNOWN,), "LS-TR-0000001-92", ids=[uuid4(), uuid4()], sealer=SEALER, act=ACT)
    shown = TradeOut.model_validate_json(text.answer).trade.domestic_leg
    assert shown is not None
    assert (shown.payer, shown.payee) == ("王***", "李***")
    assert "王小明" not in text.answer.decode() + text.state.decode()
