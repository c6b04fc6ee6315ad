"""The words that people write in a workbook for a coded value, Chinese and English; one code is kept."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "buyer_kind": {
        "credit_code": ("统一社会信用代码", "信用代码"),
        "resident_id": ("居民身份证", "身份证"),
        "foreign_registration": ("境外注册号", "境外企业注册号"),
        "passport": ("护照",),
        "permanent_resident_card": ("永久居留证", "外国人永久居留身份证", "永久居留身份证"),
        "hk_macao_permit": ("港澳通行证", "港澳居民来往内地通行证", "回乡证"),
        "taiwan_permit": ("台胞证", "台湾居民来往大陆通行证"),
    },
    "export_mode": {"own": ("自营", "自营出口"), "agency": ("委托代理", "代理", "代理出口"), "outright": ("买断",)},
    "channel": {
        "market": ("市场", "市场采购"),
        "cross_border_ecommerce": ("跨境电商",),
        "comprehensive_service": ("外综服", "外贸综合服务"),
    },
    "settlement_method": {"fx": ("外汇",), "rmb": ("人民币",), "cash": ("现金",)},
    "price_term": {"EXW": ("工厂交货",), "FOB": ("离岸价",), "C&F": ("成本加运费", "CFR"), "C&I": ("成本加保险",),
                   "CIF": ("到岸价",)},
    "procurement_agency": {"yes": ("是",), "no": ("否",)},
    "brand_statement": {"own": ("自有", "自有品牌"), "authorised": ("授权", "授权品牌")},
    "currency": {"USD": ("美元",), "EUR": ("欧元",), "CNY": ("人民币",), "GBP": ("英镑",), "JPY": ("日元",),
                 "HKD": ("港元", "港币"), "RUB": ("卢布",)},
}  # fmt: skip
"""By field: each code with the words for it, the commonest first."""
_CODES = {
    field: {word.casefold(): code for code, words in codes.items() for word in (code, *words)}
    for field, codes in WORDS.items()
}


def code_of(field: str, text: str) -> str:
    """The code that a word stands for; a text that stands for none is left as it is."""
    return _CODES[field].get(text.casefold(), text) if field in _CODES else text


def shown(field: str) -> str:
    """The codes of a field with their commonest words, for people."""
    return "，".join(f"{words[0]} {code}" for code, words in WORDS[field].items())
