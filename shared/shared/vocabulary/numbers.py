"""Our own human numbers: pilot, kind, running number and a check digit that phone dictation can't slip past (V60)."""

from __future__ import annotations

import re

from stdnum.iso7064 import mod_37_36

_PREFIX = {"longshui": "LS"}
_FORM = re.compile(r"([A-Z0-9]{2,4})-([A-Z]{2})-([0-9]{7,12})-([0-9A-Z])")


def pilot_prefix(pilot: str) -> str:
    """A pilot's short code in numbers."""
    return _PREFIX.get(pilot, pilot[:4].upper())


def human_number(pilot: str, kind: str, serial: int) -> str:
    """`LS-TR-0000012-7`: unique per kind as `serial` is; the last character checks all before it."""
    body = f"{pilot_prefix(pilot)}{kind}{serial:07}"
    return f"{pilot_prefix(pilot)}-{kind}-{serial:07}-{mod_37_36.calc_check_digit(body)}"


def parse_human_number(text: str) -> tuple[str, str, int]:
    """(prefix, kind, serial) of a number, or ValueError where form or check digit is wrong."""
    found = _FORM.fullmatch(text.strip().upper())
    if found is None or not mod_37_36.is_valid("".join(found.groups())):
        raise ValueError("not a number of this system, or misheard")
    return found.group(1), found.group(2), int(found.group(3))
