"""Forms and bounds of fields in words, for people who never saw a pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping

Words = tuple[str, str]
"""The English and the Chinese words."""

_DECIMAL = re.compile(
    r"\^(?P<sign>-\?)?\(0\|\[1-9\]\[0-9\]\{0,(?P<whole>[0-9]+)\}\)\(\\\.\[0-9\]\{1,(?P<part>[0-9]+)\}\)\?\$"
)
_WRITABLE: Words = ("text without control characters", "不含控制字符的文本")
_OTHER: Words = ("the form that the field's description shows", "字段说明所示的格式")
_FORMS: Mapping[str, Words] = {
    r"^[^\x00]*$": _WRITABLE,
    r"^[^\x00]*[^\s\x00][^\x00]*$": ("text that is more than blanks", "不得全为空白的文本"),
    r"^[0-9a-f]{64}$": ("64 digits and letters a to f (SHA-256)", "64 位数字或小写字母 a–f（SHA-256 摘要）"),
    r"^([0-9]{6}|[0-9]{8}|[0-9]{10})$": ("a commodity code of 6, 8 or 10 digits", "6、8 或 10 位数字的商品编码"),
    r"^[0-9]{0,10}$": ("at most 10 digits of a commodity code", "商品编码的前几位数字，至多 10 位"),
    r"^[A-Z]{3}$": ("three capital letters such as USD", "三位大写字母代码，如 USD"),
    r"^[A-Z]{2}$": ("two capital letters such as RU", "两位大写字母代码，如 RU"),
    r"^20[0-9]{2}-(0[1-9]|1[0-2])$": ("a month such as 2026-05", "月份，如 2026-05"),
    r"^-?[0-9]{1,3}(\.[0-9]{1,9})?$": ("degrees such as 105.7219", "经纬度数值，如 105.7219"),
    r"^[0-9A-Z]{2,10}$": ("2 to 10 digits and capital letters", "2 至 10 位数字或大写字母"),
    r"^[A-Z0-9]{2,4}$": ("2 to 4 capital letters and digits", "2 至 4 位大写字母或数字"),
    r"^[!-~]+$": ("letters, digits and signs without blanks", "不含空格的字母、数字和符号"),
    r'^"[0-9]+"$': ('a version in quotes such as "3"', '带引号的版本号，如 "3"'),
}
_BOUNDS: Mapping[str, Words] = {
    "gt": ("more than {limit}", "大于 {limit}"),
    "ge": ("{limit} or more", "不小于 {limit}"),
    "lt": ("less than {limit}", "小于 {limit}"),
    "le": ("{limit} or less", "不大于 {limit}"),
}


def words_of_form(pattern: str) -> Words | None:
    """What a field of this pattern holds; None for a pattern that has no words yet."""
    found = _DECIMAL.fullmatch(pattern)
    if found is None:
        return _FORMS.get(pattern)
    whole, part = int(found["whole"]) + 1, found["part"]
    sign, sign_zh = (", minus allowed", "，可为负") if found["sign"] else ("", "")
    return (
        f"a plain number such as 12.5: at most {whole} digits, and {part} after the point{sign}",
        f"纯数字，如 12.5：整数至多 {whole} 位，小数至多 {part} 位{sign_zh}",
    )


def words_of_error(context: Mapping[str, str]) -> dict[str, str]:
    """The form and the bound that an error's context names, in words."""
    form = words_of_form(context.get("pattern", "")) or _OTHER
    name = next((each for each in _BOUNDS if each in context), None)
    bound = tuple(words.format(limit=context[name]) for words in _BOUNDS[name]) if name else _OTHER
    return {"form": form[0], "form_zh": form[1], "bound": bound[0], "bound_zh": bound[1]}
