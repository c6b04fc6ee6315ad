"""Which breaches stand though some fields can't be read: a wrong date hides no wrong sum (R-TRADE-1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from shared.vocabulary.rules import Breach

HERE = "@"
"""The breach's own pointer."""
LINE = "@line"
"""The line that the breach is in."""
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "subject_not_filed": (HERE,),
    "subject_suspended": (HERE,),
    "stall_not_in_force": ("/seller_id", "/stall_number", "/trade_date"),
    "export_agency_not_in_force": ("/export_mode", "/export_agency_id", "/seller_id", "/consignor_id", "/trade_date"),
    "export_agency_not_wanted": ("/export_mode", "/export_agency_id"),
    "own_export_by_another": ("/export_mode", "/seller_id", "/consignor_id"),
    "procurement_agency_not_in_force": ("/procurement", "/procurement_agency_id", "/buyer_id", "/trade_date"),
    "procurement_agency_not_wanted": ("/procurement", "/procurement_agency_id"),
    "date_in_the_future": (HERE,),
    "trade_without_lines": ("/lines",),
    "total_differs": ("/total", "/lines/*/amount"),
    "amount_too_fine": (HERE,),
    # Of a trade whose date can't be read, codes and units are looked up as of today.
    "currency_unknown": ("/currency",),
    "hs_code_unknown": (HERE,),
    "goods_not_allowed": (f"{LINE}/hs_code", f"{LINE}/goods_name"),
    "amount_not_positive": (f"{LINE}/amount", f"{LINE}/quantity"),
    "amount_differs": (
        f"{LINE}/amount", f"{LINE}/quantity", f"{LINE}/unit_price", f"{LINE}/currency", "/currency",
    ),
    "statutory_unit_differs": (HERE, f"{LINE}/hs_code", f"{LINE}/second_statutory_quantity"),
    "net_weight_differs": (
        f"{LINE}/statutory_quantity", f"{LINE}/statutory_unit", f"{LINE}/net_weight_kg", f"{LINE}/hs_code",
    ),
    "unit_unknown": (HERE,),
    "statutory_quantity_differs": (HERE, f"{LINE}/quantity", f"{LINE}/unit", f"{LINE}/statutory_unit",
                                   f"{LINE}/second_statutory_unit"),
}  # fmt: skip
"""The fields of a trade that each breach of a registration is judged by."""


def standing(breaches: Iterable[Breach], unread: Collection[str]) -> tuple[Breach, ...]:
    """The breaches that rest on no field under the unread pointers: whatever those hold, these stand."""
    return tuple(each for each in breaches if not any(_touches(on, field) for on in rests_on(each) for field in unread))


def rests_on(breach: Breach) -> tuple[str, ...]:
    """The pointers of what a breach is judged by; `*` is every line."""
    line = "/".join(breach.pointer.split("/")[:3])
    fields = [each.replace(LINE, line).replace(HERE, breach.pointer) for each in RESTS_ON[breach.code]]
    if "since" in breach.params:
        fields.append("/trade_date")
    if breach.pointer == "/consignor_id":
        fields.append("/export_mode")
    return tuple(fields)


def _touches(field: str, unread: str) -> bool:
    """Whether one of the two lies within the other."""
    pairs = zip(field.split("/"), unread.split("/"), strict=False)
    return all(mine == theirs or mine == "*" for mine, theirs in pairs)
