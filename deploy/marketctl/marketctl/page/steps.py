"""The six steps of the flow, each with its events and how far it is: pure, from the facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marketctl.page.facts import Step
from marketctl.page.missing import Missing

# Which step an event belongs to, by how its type begins; the first that fits.
_BEGINS = (
    ("registry.", "filed"),
    ("trade_ledger.trade_", "filed"),
    ("trade_ledger.handover_", "packed"),
    ("trade_ledger.load_", "packed"),
    ("trade_ledger.packing_list_", "packed"),
    ("trade_ledger.declaration_released", "left"),
    ("trade_ledger.declaration_departed", "left"),
    ("trade_ledger.goods_", "left"),
    ("trade_ledger.", "declared"),
    ("fx_settlement.", "collected"),
    ("tax_exemption.", "exempted"),
)
# The event after which a step is done, and what missing sentence says that it isn't.
_DONE = {
    "filed": ("trade_ledger.trade_registered.v1", {"to_decide", "to_complete_buyer", "to_file_original"}),
    "packed": (
        "trade_ledger.packing_list_sealed.v1",
        {"to_hand_over", "to_pack", "to_seal", "to_seal_load", "to_arrive"},
    ),
    "declared": (
        "trade_ledger.declaration_accepted.v1",
        {"to_declare", "to_submit", "to_submit_again", "to_accept", "case"},
    ),
    "left": ("trade_ledger.declaration_departed.v1", {"to_release", "to_depart"}),
    "collected": ("fx_settlement.collection_matched.v1", {"to_collect", "to_match", "to_unblock", "to_pass_on"}),
    "exempted": (
        "tax_exemption.return_accepted.v1",
        {"to_file", "to_accept_return", "to_answer_query"},
    ),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the six steps: `state` is done, begun or open; `last` is the event that did it, or the newest so far."""

    name: str
    state: str
    last: Step | None


def stages(steps: Sequence[Step], lacking: Sequence[Missing]) -> list[Stage]:
    """The six steps in their order."""
    codes = {each.code for each in lacking}
    return [_stage(name, [each for each in steps if stage_of(each.type) == name], codes) for name in _DONE]


def stage_of(event_type: str) -> str:
    """The step that an event belongs to."""
    return next(name for begins, name in _BEGINS if event_type.startswith(begins))


def _stage(name: str, events: Sequence[Step], missing_codes: set[str]) -> Stage:
    last, open_codes = _DONE[name]
    doing = [each for each in events if each.type == last]
    is_done = bool(doing) and not open_codes & missing_codes
    newest = (doing if is_done else events)[-1:]
    return Stage(name, "done" if is_done else "begun" if events else "open", newest[0] if newest else None)
