"""The trade workbook: the 14 columns of the 联网清单 and what a trade needs besides; what a cell may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.choices import Choices, choices_of
from shared.vocabulary.rules import Breach
from trade_ledger.domain.cells import Kind

LINES_SHEET = "商品清单"
SLIPS_SHEET = "交易单"
ANY_STALL = "99"
"""What the 联网清单 says where no stall is named."""
YES = ("yes", "是")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's Chinese header, our field, whether a row needs it, what it holds, and the choices that are read.

    Only a column of kind `choice` holds nothing else.
    """

    header: str
    field: str
    required: bool
    meaning: str
    kind: Kind = "text"
    choices: Choices | None = None


LINE_COLUMNS: tuple[Column, ...] = (
    Column("交易单号", "slip", True, "所属交易单 / the slip this line belongs to", "reference"),
    Column("商户", "stall_number", False, "摊位号，同交易单 / stall number, as on the slip", "reference"),
    Column("商品名称", "goods_name", True, "品名 / name"),
    Column("商品HS编码", "hs_code", True, "6、8 或 10 位 / 6, 8 or 10 digits", "code"),
    Column("货号/唛头", "item_mark", False, "货号或唛头 / item or mark"),
    Column("规格型号", "specification", False, "规格型号 / specification"),
    Column("生产厂商", "producer", False, "生产厂商 / producer"),
    Column("品牌", "brand", False, "品牌 / brand"),
    Column(
        "品牌说明",
        "brand_statement",
        False,
        "own 自有，authorised 授权；有品牌时必填 / needed where there is a brand",
        "choice",
        choices=choices_of("brand_statement"),
    ),
    Column("品牌授权摘要", "brand_evidence_hash", False, "授权书 SHA-256 / SHA-256 of the authorisation", "code"),
    Column("交易数量", "quantity", True, "数量 / quantity", "number"),
    Column("单位", "unit", True, "计量单位 / unit"),
    Column("包装数量", "packages", True, "件数 / packages", "whole"),
    Column("包装单位", "package_unit", True, "包装单位 / package unit"),
    Column("币种", "currency", True, "三位代码，如 USD / three letters such as USD", "code", choices_of("currency")),
    Column("货值", "amount", True, "金额 / value", "number"),
    Column("重量(KGS)", "net_weight_kg", True, "净重 / net weight", "number"),
    Column("单价", "unit_price", True, "单价 / unit price", "number"),
    Column("境内货源地", "origin_place", True, "境内货源地 / domestic origin"),
    Column("法定数量", "statutory_quantity", True, "第一法定数量 / first statutory quantity", "number"),
    Column("法定单位", "statutory_unit", True, "第一法定单位 / first statutory unit"),
    Column("第二法定数量", "second_statutory_quantity", False, "第二法定数量 / second statutory quantity", "number"),
    Column("第二法定单位", "second_statutory_unit", False, "第二法定单位 / second statutory unit"),
)
SLIP_COLUMNS: tuple[Column, ...] = (
    Column("交易单号", "slip", True, "本单编号 / the slip's own number", "reference"),
    Column("商户", "stall_number", True, "摊位号 / stall number", "reference"),
    Column(
        "采购商证件类型",
        "buyer_kind",
        False,
        "证件类型；空：由经营者补充 / kind of the buyer's document; empty: to be completed",
        "choice",
        choices=choices_of("identity_kind"),
    ),
    Column("采购商证件号码", "buyer_number", False, "证件号码 / number of the buyer's document", "code"),
    Column("采购商国别", "buyer_country", False, "两位代码，如 RU / two letters such as RU", "code"),
    Column(
        "出口方式",
        "export_mode",
        True,
        "own 自营，agency 委托代理，outright 买断",
        "choice",
        choices=choices_of("export_mode"),
    ),
    Column(
        "委托代理出口",
        "export_agency",
        False,
        "协议编号；空或是：现行协议 / agreement number; empty or yes: in force",
        "reference",
    ),
    Column(
        "委托采购",
        "procurement_agency",
        False,
        "是：采购商与本经营者的协议 / yes: the buyer's agency with this operator",
        "choice",
        choices=choices_of("procurement_agency"),
    ),
    Column(
        "渠道",
        "channel",
        True,
        "market 市场，cross_border_ecommerce 跨境电商，comprehensive_service 外综服",
        "choice",
        choices=choices_of("channel"),
    ),
    Column("交易日期", "trade_date", True, "YYYY-MM-DD", "date"),
    Column("成交方式", "price_term", True, "EXW, FOB, C&F, C&I, CIF", "choice", choices=choices_of("price_term")),
    Column(
        "结算方式",
        "settlement_method",
        True,
        "fx 外汇，rmb 人民币，cash 现金",
        "choice",
        choices=choices_of("settlement_method"),
    ),
    Column("境内人民币金额", "domestic_amount", False, "境内人民币结算 / domestic RMB leg", "number"),
    Column("境内付款日期", "domestic_paid_on", False, "YYYY-MM-DD", "date"),
    Column("境内付款人", "domestic_payer", False, "付款人 / payer of the domestic leg"),
    Column("境内收款人", "domestic_payee", False, "收款人 / payee of the domestic leg"),
    Column("境内流水号", "domestic_reference", False, "银行流水号 / bank reference of the domestic leg", "reference"),
    Column("单据摘要", "document_hash", False, "原始单据 SHA-256 / SHA-256 of the original document", "code"),
)
SHEETS: Mapping[str, tuple[Column, ...]] = {SLIPS_SHEET: SLIP_COLUMNS, LINES_SHEET: LINE_COLUMNS}
BUYER = ("buyer_kind", "buyer_number", "buyer_country")
DOMESTIC_LEG = ("domestic_amount", "domestic_paid_on", "domestic_payer", "domestic_payee", "domestic_reference")
"""Cells of a slip of which all are filled or none."""


def header_named(text: str) -> str:
    """A header as we know it: without the star of a required column, full-width signs or spaces."""
    return unicodedata.normalize("NFKC", text).replace("*", "").replace(" ", "").replace("\n", "")


def breaches_of_headers(sheet: str, headers: Sequence[str]) -> tuple[Breach, ...]:
    """Breaches for missing, repeated or unknown columns: their cells would be ignored."""
    known = {column.header for column in SHEETS[sheet]}
    needed = [column.header for column in SHEETS[sheet] if column.required]
    found = [
        *(("column_missing", header) for header in needed if header not in headers),
        *(("column_unknown", header) for header in headers if header and header not in known),
        *(("column_repeated", header) for header in sorted(known) if headers.count(header) > 1),
    ]
    return tuple(
        Breach(code, "", "/" + "/".join((sheet, header.replace("/", "~1"))), {"sheet": sheet, "column": header})
        for code, header in found
    )


def breach_of_cell(column: Column, text: str) -> Breach | None:
    """The breach of a cell's form alone, or None."""
    if not text:
        return Breach("cell_empty", "", "") if column.required else None
    if column.kind == "number" and not _NUMBER.fullmatch(text):
        return Breach("cell_not_number", "", "")
    if column.kind == "whole" and not is_whole(text):
        return Breach("cell_not_number", "", "")
    if column.kind == "date" and date_in(text) is None:
        return Breach("cell_not_date", "", "")
    if column.kind == "choice" and column.choices is not None and text not in column.choices.codes:
        return Breach("cell_not_a_choice", "", "", {"choices": column.choices.told_in_chinese})
    return None


def is_whole(text: str) -> bool:
    """Whether a cell holds a whole number."""
    return _WHOLE.fullmatch(text) is not None


def amount_in(text: str) -> Decimal:
    """The number of a cell; zero where it holds none, which is a fault of its own."""
    return Decimal(text) if _NUMBER.fullmatch(text) else Decimal(0)


def date_in(text: str) -> date | None:
    """The date of `2026-05-13`, `2026/5/13`, `2026.5.13` or `2026年5月13日`; other orders are ambiguous."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def empty_companions(filled: Collection[str]) -> list[str]:
    """The fields that are empty though others of their group are filled."""
    return [
        name
        for group in (BUYER, DOMESTIC_LEG)
        if any(each in filled for each in group)
        for name in group
        if name not in filled
    ]
