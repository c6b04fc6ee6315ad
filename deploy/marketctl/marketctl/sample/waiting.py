"""One declaration that customs hasn't answered yet: a market is never all done."""

from __future__ import annotations

from decimal import Decimal

from marketctl.sample.exporting import declare_list, entered, pack, seal, seal_load
from marketctl.sample.story import Story

_LIKE, _SLIP, _OPERATOR, _PIECES = "OP1-0001", "OP1-WAIT", "OP1", 10
_LOAD = {"装载": "L90", "箱号": "CQSU1000904", "组货人": _OPERATOR}
_LIST = {"装箱单": "P90", "装载": "L90", "发货人": _OPERATOR, "目的国": "AE", "币制": "USD", "简化申报": "否"}
_CONTENT = {
    "交易单号": _SLIP,
    "行号": "1",
    "数量": f"{_PIECES}",
    "件数": "1",
    "毛重": "4.1",
    "净重": "3.8",
    "体积": "0.02",
}


def leave_one_waiting(story: Story) -> None:
    """One more trade, like the first one's first line, is packed and declared; no receipt comes."""
    who = story.as_party(_OPERATOR)
    body = entered(story.trades[_LIKE]["trade"])
    line = body["lines"][0]
    amount = str(Decimal(line["unit_price"]) * _PIECES)
    weight = _CONTENT["净重"]
    less = {"quantity": f"{_PIECES}", "amount": amount, "net_weight_kg": weight, "statutory_quantity": weight}
    body |= {"external_ref": _SLIP, "total": amount, "lines": [line | less]}
    # The first trade may have changed since an interrupted day entered this one after it.
    known = story.callers.done("GET", "trade-ledger", f"/v1/trades?external_ref={_SLIP}", **who)["items"]
    if known:
        story.trades[_SLIP] = story.callers.done("GET", "trade-ledger", f"/v1/trades/{known[0]['id']}", **who)
    else:
        how = {"key": f"trade:{_SLIP}", **who}
        story.trades[_SLIP] = story.callers.done("POST", "trade-ledger", "/v1/trades", body, **how)
    handed = {"trade_ids": [story.trades[_SLIP]["id"]]}
    story.callers.done("POST", "trade-ledger", "/v1/handovers", handed, key=f"handover:{_SLIP}", **who)
    load = {"container_number": _LOAD["箱号"]}
    story.loads["L90"] = story.callers.done("POST", "trade-ledger", "/v1/loads", load, key="load:L90", **who)
    pack(story, _LIST, [_CONTENT])
    seal(story, _LIST)
    seal_load(story, _LOAD)
    declare_list(story, _LIST)
    # What goes on with the declarations that were exported doesn't ask for this one.
    del story.declarations[_LIST["装箱单"]]
