"""Trades, packing, declarations, customs."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

from marketctl.sample.callers import Unexpected
from marketctl.sample.sheets import FOLDER
from marketctl.sample.story import Story
from marketctl.verify.flow import wait_until_applied

_RECEIPTS = (("accepted", "10:00"), ("inspected", "11:00"), ("released", "13:00"), ("departed", "17:00"))


def register_trades(story: Story) -> None:
    """Each operator and self-exporting stall holder uploads its own workbook; expected refusals stand in the report."""
    stopped = {row["交易单号"]: row for row in story.rows("expected", "预期拒绝") if row["环节"] == "交易登记"}
    for file in sorted(FOLDER.glob("trades-*.xlsx")):
        ref = file.stem.removeprefix("trades-")
        report = story.callers.done(
            "POST",
            "trade-ledger",
            "/v1/trade-imports",
            content=file.read_bytes(),
            key=f"import:{ref}",
            **story.as_party(ref),
        )
        for result in report["results"]:
            _check_slip(result, stopped.get(result["reference"]))
            if result["id"] is not None:
                path = f"/v1/trades/{result['id']}"
                story.trades[result["reference"]] = story.callers.done(
                    "GET", "trade-ledger", path, **story.as_party(ref)
                )
    _check_verdicts(story)
    _complete_buyers(story)
    _hand_over(story)


def _check_slip(result: dict[str, Any], expected: dict[str, str] | None) -> None:
    """What the report says of a slip is what the workbook of refusals says, and nothing else."""
    refused = {(problem["rule"], problem["code"]) for problem in result["problems"]}
    if refused != ({(expected["依据"], expected["代码"])} if expected else set()):
        raise Unexpected(f"slip {result['reference']}: {result['problems'][:3]}")


def _check_verdicts(story: Story) -> None:
    """Cash is recorded and ineligible (R-TRADE-3); an unknown commodity waits for a person (V9)."""
    cash, unknown = story.trades["OP1-CASH"]["trade"], story.trades["OP1-UNKNOWN"]["trade"]
    if cash["eligible"] or unknown["lines"][0]["verdict"]["decision"] != "needs_person":
        raise Unexpected("cash was recorded as eligible, or an unknown commodity got a verdict")


def _complete_buyers(story: Story) -> None:
    """A trade may name its buyer later, until submission (R-FILE-8): the operator completes it by a correction."""
    for reference, trade in story.trades.items():
        if trade["trade"]["buyer_id"] is None:
            _correct(story, reference, {"buyer_id": story.subject("BU17")}, "buyer completed")


def entered(state: dict[str, Any]) -> dict[str, Any]:
    """What somebody enters to have a trade of this state."""
    names = {
        "seller_id", "consignor_id", "buyer_id", "stall_number", "kind", "procurement", "export_mode",
        "procurement_agency_id", "export_agency_id", "settlement_method", "channel", "trade_date", "price_term",
        "currency", "total", "document_hashes", "external_ref",
    }  # fmt: skip
    line_names = {"line_id", "line_no", "verdict"}
    lines = [{k: v for k, v in line.items() if k not in line_names} for line in state["lines"]]
    leg = {"domestic_leg": state["domestic_leg"]} if state["domestic_leg"] else {}
    return copy.deepcopy({name: state[name] for name in names} | {"lines": lines} | leg)


def _correct(story: Story, reference: str, changes: dict[str, Any], reason: str) -> None:
    trade = story.trades[reference]
    body = entered(trade["trade"]) | {"reason": reason}
    if "domestic_leg" in body:
        body["domestic_leg"] |= {"payer": "成渝采购贸易有限公司", "payee": "经营户本人"}
    body |= changes
    operator = reference.split("-")[0]
    path = f"/v1/trades/{trade['id']}/corrections"
    corrected = story.callers.done(
        "POST", "trade-ledger", path, body, version=trade["version"], **story.as_party(operator)
    )
    story.trades[reference] = {**trade, **corrected}


def _hand_over(story: Story) -> None:
    by_parties: dict[tuple[str, str], list[str]] = defaultdict(list)
    for reference, trade in story.trades.items():
        state = trade["trade"]
        if state["export_mode"] != "own":
            by_parties[(reference.split("-")[0], state["seller_id"])].append(trade["id"])
    for (operator, seller), ids in by_parties.items():
        body = {"trade_ids": ids}
        key = f"handover:{operator}:{seller}"
        story.callers.done("POST", "trade-ledger", "/v1/handovers", body, key=key, **story.as_party(operator))


def pack_all(story: Story) -> None:
    """Loads, packing lists, what goes into them, seals, arrival; and the refusals on the way."""
    for row in story.rows("packing", "装载"):
        body = {"container_number": row["箱号"]}
        how = {"key": f"load:{row['装载']}", **story.as_party(row["组货人"])}
        story.loads[row["装载"]] = story.callers.done("POST", "trade-ledger", "/v1/loads", body, **how)
    first = story.rows("packing", "装载")[0]
    body = {"container_number": first["箱号"]}
    again = {"key": "load:again", **story.as_party("OP2")}
    story.callers.refuse("R-PACK-3", "container_on_open_load", "POST", "trade-ledger", "/v1/loads", body, **again)
    _admit_others(story)
    contents = defaultdict(list)
    for row in story.rows("packing", "装箱明细"):
        if row["装箱单"]:
            contents[row["装箱单"]].append(row)
    for row in story.rows("packing", "装箱清单"):
        pack(story, row, contents[row["装箱单"]])
    _refused_packing(story)
    for row in story.rows("packing", "装箱清单"):
        seal(story, row)
    for row in story.rows("packing", "装载"):
        seal_load(story, row)


def _admit_others(story: Story) -> None:
    """Each consolidator lets in who packs into its load beside it: one in each load of the day that is shared."""
    consolidators = {row["装载"]: row["组货人"] for row in story.rows("packing", "装载")}
    for row in story.rows("packing", "装箱清单"):
        name, consignor = row["装载"], row["发货人"]
        if consignor != consolidators[name]:
            path, body = f"/v1/loads/{story.loads[name]['id']}/admissions", {"admitted_ids": [story.subject(consignor)]}
            how: dict[str, Any] = {"version": story.loads[name]["version"], **story.as_party(consolidators[name])}
            story.loads[name] = story.callers.done("POST", "trade-ledger", path, body, **how)


def _line(story: Story, row: dict[str, str]) -> dict[str, Any]:
    trade = story.trades[row["交易单号"]]["trade"]
    return {
        "trade_line_id": trade["lines"][int(row["行号"]) - 1]["line_id"], "quantity": row["数量"],
        "packages": int(row["件数"]), "gross_weight_kg": row["毛重"], "net_weight_kg": row["净重"],
        "volume_m3": row["体积"],
    }  # fmt: skip


def pack(story: Story, row: dict[str, str], contents: list[dict[str, str]]) -> None:
    """Open a packing list on its load and put goods into it."""
    who = story.as_party(row["发货人"])
    body = {"load_id": story.loads[row["装载"]]["id"], "destination": row["目的国"]}
    opened = story.callers.done("POST", "trade-ledger", "/v1/packing-lists", body, key=f"list:{row['装箱单']}", **who)
    lines = {"lines": [_line(story, each) for each in contents]}
    path = f"/v1/packing-lists/{opened['id']}/lines"
    story.packing_lists[row["装箱单"]] = story.callers.done(
        "POST", "trade-ledger", path, lines, version=opened["version"], **who
    )


def _refused_packing(story: Story) -> None:
    """One piece more than there is; goods settled in cash; somebody else's goods."""
    held = story.packing_lists["P01"]
    path = f"/v1/packing-lists/{held['id']}/lines"
    packed = held["packing_list"]["lines"][-1]
    line = {
        "trade_line_id": packed["trade_line_id"],
        "quantity": packed["quantity"],
        "packages": 1,
        "gross_weight_kg": packed["gross_weight_kg"],
        "net_weight_kg": packed["net_weight_kg"],
        "volume_m3": "0.1",
    }
    cash = story.trades["OP1-CASH"]["trade"]["lines"][0]
    weighs = {"gross_weight_kg": cash["net_weight_kg"], "net_weight_kg": cash["net_weight_kg"]}
    paid = {**line, **weighs, "trade_line_id": cash["line_id"], "quantity": cash["quantity"]}
    for rule, code, refused, key, who in (
        ("R-PACK-2", "packed_over_quantity", line, "pack:over", "OP1"),
        ("R-TRADE-3", "cash_settlement_not_exportable", paid, "pack:cash", "OP1"),
        ("V65", "not_yours", line, "pack:foreign", "OP2"),
    ):
        how: dict[str, Any] = {"key": key, "version": held["version"], **story.as_party(who)}
        story.callers.refuse(rule, code, "POST", "trade-ledger", path, {"lines": [refused]}, **how)


def seal(story: Story, row: dict[str, str]) -> None:
    """Seal a packing list."""
    held = story.packing_lists[row["装箱单"]]
    path = f"/v1/packing-lists/{held['id']}/seals"
    story.packing_lists[row["装箱单"]] = story.callers.done(
        "POST", "trade-ledger", path, version=held["version"], **story.as_party(row["发货人"])
    )


def seal_load(story: Story, row: dict[str, str]) -> None:
    """Seal a load, and have it arrive at the site."""
    load = story.loads[row["装载"]]
    path = f"/v1/loads/{load['id']}"
    number = {"seal_number": f"SL{row['装载'][1:]}0000"}
    load = story.callers.done(
        "POST", "trade-ledger", f"{path}/seals", number, version=load["version"], **story.as_party(row["组货人"])
    )
    arrival = {"arrived_at": "2026-05-13T08:30:00+08:00"}
    story.callers.done(
        "POST",
        "trade-ledger",
        f"{path}/arrivals",
        arrival,
        version=load["version"],
        role="site_operator",
        site_id=story.site,
    )


def declare(story: Story) -> None:
    """Every packing list is declared; the two that meet a refusal go on once its cause is gone."""
    for row in story.rows("packing", "装箱清单"):
        declare_list(story, row)


def _draft(story: Story, row: dict[str, str], key: str) -> dict[str, Any]:
    body = {
        "packing_list_ids": [story.packing_lists[row["装箱单"]]["id"]],
        "customs_office": "8012",
        "port": "8011",
        "price_term": "FOB",
        "currency": row["币制"],
        "simplified": row["简化申报"] == "是",
    }
    return story.callers.done(
        "POST", "trade-ledger", "/v1/declarations", body, key=key, **story.as_party(row["发货人"])
    )


def declare_list(story: Story, row: dict[str, str]) -> None:
    """Draft and submit the declaration of a packing list."""
    ref, who = row["装箱单"], story.as_party(row["发货人"])
    draft = _draft(story, row, f"declare:{ref}")
    path = f"/v1/declarations/{draft['id']}/submissions"
    expected = _EXPECTED.get(_first_slip(story, ref))
    if expected is not None:
        rule, code = expected
        story.callers.refuse(rule, code, "POST", "trade-ledger", path, key=f"submit:{ref}:1", version=0, **who)
        _remedy(story, code)
    story.declarations[ref] = story.callers.done(
        "POST", "trade-ledger", path, key=f"submit:{ref}:2", version=draft["version"], **who
    )


_EXPECTED = {
    "OP1-UNKNOWN": ("V9", "commodity_undecided"),
    "OP1-LIMIT": ("R-DECL-1", "declaration_value_over_limit"),
}


def _first_slip(story: Story, ref: str) -> str:
    trade_id = story.packing_lists[ref]["packing_list"]["lines"][0]["trade_id"]
    return next(reference for reference, trade in story.trades.items() if trade["id"] == trade_id)


def _remedy(story: Story, code: str) -> None:
    if code == "commodity_undecided":
        line = story.trades["OP1-UNKNOWN"]["trade"]["lines"][0]
        body = {
            "goods_name": line["goods_name"],
            "hs_code": line["hs_code"],
            "verdict": "eligible",
            "reason": "ordinary bamboo goods",
        }
        story.callers.done("POST", "registry", "/v1/commodity-decisions", body, role="commerce")
        wait_until_applied(story.layout.installation)
        return
    trade = story.trades["OP1-LIMIT"]["trade"]
    if trade["total"] == "150000.00":  # an interrupted run had corrected it
        return
    lines = trade["lines"]
    changed = [{k: v for k, v in line.items() if k not in ("line_id", "line_no", "verdict")} for line in lines]
    changed[1] |= {"unit_price": "5.00", "amount": "5.00"}
    _correct(story, "OP1-LIMIT", {"lines": changed, "total": "150000.00"}, "price of one piece corrected")


def export_all(story: Story) -> None:
    """Customs' receipts: some twice, some out of order; all released and departed."""
    for number, (ref, declaration) in enumerate(story.declarations.items()):
        path = f"/v1/declarations/{declaration['id']}/receipts"
        receipts = [
            {
                "receipt_id": f"R-{ref}-{kind}",
                "kind": kind,
                "issued_at": f"2026-05-13T{at}:00+08:00",
                "customs_number": f"80122026{number + 1:010}",
                **({"export_date": "2026-05-13"} if kind == "departed" else {}),
            }
            for kind, at in _RECEIPTS
        ]
        if number % 5 == 1:
            receipts[2], receipts[3] = receipts[3], receipts[2]
        if number % 5 == 2:
            receipts.insert(2, receipts[0])
        for place, receipt in enumerate(receipts):
            key = f"receipt:{ref}:{place}"
            declaration = story.callers.done("POST", "trade-ledger", path, receipt, role="customs", key=key)
        story.declarations[ref] = declaration
