"""Chinese for the coded words that messages mention."""

from __future__ import annotations

from shared.vocabulary.choices import choices_of

_CHOICES = (
    *("role", "qualification", "filing_status", "agreement_status", "hold_status", "payer_relation", "rate_choice"),
    *("list_kind", "verdict", "must_act"),
)
CHINESE: dict[str, str] = {
    **{code: words[0] for name in _CHOICES for code, words in choices_of(name).words.items()},
    # Who.
    "bank": "银行",
    "tax": "税务机关",
    "safe": "外汇管理部门",
    "market_supervision": "市场监管部门",
    "ip_office": "知识产权部门",
    "district": "园区管理机构",
    "figures": "统计部门",
    "auditor": "审计管理员",
    "system": "系统管理员",
    "security": "安全管理员",
    "service": "系统服务",
    # Steps.
    "submit": "提交",
    "review": "审核",
    "approve": "核准",
    "return": "退回",
    "reject": "驳回",
    "suspend": "暂停",
    "reinstate": "恢复",
    "exit": "退出",
    "amend": "变更",
    # What is measured.
    "gross_weight_kg": "毛重（千克）",
    "volume_m3": "体积（立方米）",
}


def in_chinese(word: str) -> str:
    """The Chinese of a coded word; anything else is a value and stays."""
    return CHINESE.get(word, word)
