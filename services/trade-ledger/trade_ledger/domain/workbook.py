"""The columns of the trade workbook: the 14 of the 联网清单 and what a trade needs besides."""

from __future__ import annotations

from dataclasses import dataclass

LINES_SHEET = "商品清单"
SLIPS_SHEET = "交易单"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's Chinese header, our field, whether a row needs it, and what it holds."""

    header: str
    field: str
    required: bool
    meaning: str


LINE_COLUMNS: tuple[Column, ...] = (
    Column("交易单号", "slip", True, "the slip this line belongs to"),
    Column("商户", "stall_number", False, "stall number"),
    Column("商品名称", "goods_name", True, "name"),
    Column("商品HS编码", "hs_code", True, "6, 8 or 10 digits"),
    Column("货号/唛头", "item_mark", False, "item or mark"),
    Column("规格型号", "specification", False, "specification"),
    Column("生产厂商", "producer", False, "producer"),
    Column("品牌", "brand", False, "brand"),
    Column("品牌说明", "brand_statement", False, "own, authorised; needed where there is a brand"),
    Column("品牌授权摘要", "brand_evidence_hash", False, "SHA-256 of the authorisation"),
    Column("交易数量", "quantity", True, "quantity"),
    Column("单位", "unit", True, "unit"),
    Column("包装数量", "packages", True, "packages"),
    Column("包装单位", "package_unit", True, "package unit"),
    Column("币种", "currency", True, "currency"),
    Column("货值", "amount", True, "value"),
    Column("重量(KGS)", "net_weight_kg", True, "net weight"),
    Column("单价", "unit_price", True, "unit price"),
    Column("境内货源地", "origin_place", True, "domestic origin"),
    Column("法定数量", "statutory_quantity", True, "first statutory quantity"),
    Column("法定单位", "statutory_unit", True, "first statutory unit"),
    Column("第二法定数量", "second_statutory_quantity", False, "second statutory quantity"),
    Column("第二法定单位", "second_statutory_unit", False, "second statutory unit"),
)
SLIP_COLUMNS: tuple[Column, ...] = (
    Column("交易单号", "slip", True, "the slip's own number"),
    Column("商户", "stall_number", True, "stall number"),
    Column("采购商证件类型", "buyer_kind", False, "kind of the buyer's document; empty: to be completed"),
    Column("采购商证件号码", "buyer_number", False, "number of the buyer's document"),
    Column("采购商国别", "buyer_country", False, "country of the buyer's document"),
    Column("出口方式", "export_mode", True, "own, agency, outright"),
    Column("委托代理出口", "export_agency", False, "agreement number; empty or yes: the one in force"),
    Column("委托采购", "procurement_agency", False, "yes: the buyer's agency with this operator"),
    Column("渠道", "channel", True, "market, cross_border_ecommerce, comprehensive_service"),
    Column("交易日期", "trade_date", True, "YYYY-MM-DD"),
    Column("成交方式", "price_term", True, "EXW, FOB, C&F, C&I, CIF"),
    Column("结算方式", "settlement_method", True, "fx, rmb, cash"),
    Column("境内人民币金额", "domestic_amount", False, "domestic RMB leg"),
    Column("境内付款日期", "domestic_paid_on", False, "date of the domestic leg"),
    Column("境内付款人", "domestic_payer", False, "payer of the domestic leg"),
    Column("境内收款人", "domestic_payee", False, "payee of the domestic leg"),
    Column("境内流水号", "domestic_reference", False, "bank reference of the domestic leg"),
    Column("单据摘要", "document_hash", False, "SHA-256 of the original document"),
)
