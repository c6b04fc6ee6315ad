"""What a number of a workbook is, seen with its format: a number, a date, a time, or shown as something else."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from trade_ledger.domain.cells import CellType

_QUOTED = re.compile(r'"[^"]*"|\\.')
_PADDING = re.compile(r"[_*].")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[^\]]*\]")
_SCIENTIFIC = re.compile(r"E[+-]0+", re.IGNORECASE)
_HALVES = re.compile(r"AM/PM|A/P|上午/下午", re.IGNORECASE)
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
_MOST_DIGITS = 10**15
_LAST_DAY = 2_958_465
_LAST_DAY_OF_FEBRUARY_1900 = 60


@lru_cache(maxsize=1024)
def shown_as(code: str) -> str:
    """What a format makes of a number: `plain`, `percentage`, `dressed`, `date`, `moment` or `time`."""
    code = code.partition(";")[0]
    if code.strip().lower() in ("", "general", "@"):
        return "plain"
    bare = _PADDING.sub("", _QUOTED.sub("", code))
    elapsed = bool(_ELAPSED.search(bare))
    bare = _SCIENTIFIC.sub("", _BRACKETED.sub("", bare))
    signs = _HALVES.sub("h", bare).lower()
    clock = elapsed or any(sign in signs for sign in "hs")
    day = any(sign in signs for sign in "ydeg") or "aaa" in signs or ("m" in signs and not clock)
    if signs.strip() != "general" and (clock or day):
        return "moment" if clock and day else "time" if clock else "date"
    if any(sign in bare for sign in "%‰") or _SCALED.search(bare):
        return "percentage"
    plain = not bare.strip("#0?,. ") and not _literal(code)
    return "plain" if plain else "dressed"


def _literal(code: str) -> bool:
    """Whether the format adds words or signs of its own."""
    padded = _PADDING.sub("", code)
    return bool(_QUOTED.search(padded) or "[$" in padded or "[dbnum" in padded.lower())


def cell_of_number(raw: str, code: str, *, from_1904: bool) -> tuple[CellType, str]:
    """The type and text of a cell that holds a number with this format."""
    value = float(raw)
    shown = shown_as(code)
    if shown in ("date", "moment", "time"):
        return _dated(value, shown, from_1904=from_1904)
    if abs(value) >= _MOST_DIGITS:
        return "long_number", raw
    plain = _plain(value)
    if shown != "plain":
        return ("percentage" if shown == "percentage" else "dressed_number"), plain
    if plain.isdigit() and len(code) > 1 and not code.strip("0"):
        # 0101210010 is kept as a number, and shown with its zero by such a format.
        return "number", plain.zfill(len(code))
    return "number", plain


def _plain(value: float) -> str:
    """In the 15 digits that Excel counts with, whole numbers without a point.

    A formula's 2.55 * 120 is kept as 305.99999999999994 in the file and shown as 306.
    """
    plain = f"{Decimal(f'{value:.15g}'):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _dated(value: float, shown: str, *, from_1904: bool) -> tuple[CellType, str]:
    if not 0 <= value < _LAST_DAY:
        return "error", "#####"
    days, seconds = int(value), round((value % 1) * 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if shown == "time" or not days:
        return "time", clock
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 30 if days >= _LAST_DAY_OF_FEBRUARY_1900 else 31)
    day = (first + timedelta(days)).isoformat()
    # A format without a clock shows the day alone; midnight is no time of day.
    return ("date", day) if shown == "date" or not seconds else ("moment", f"{day} {clock}")
