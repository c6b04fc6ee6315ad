"""Our own human numbers: pilot, kind, running number and check digits for reading them out over the phone (V60)."""

from __future__ import annotations

import re

from stdnum.iso7064 import mod_97_10

_FORM = re.compile(r"([A-Z0-9]{2,4})-([A-Z]{2})-([0-9]{7,12})-([0-9]{2})")


def human_number(prefix: str, kind: str, serial: int) -> str:
    """`LS-TR-0000012-59`: the pilot's prefix, which is registry's data; unique per pilot and kind as `serial` is.

    The two digits (ISO 7064 mod 97-10) show every wrong character and every swap of neighbours; the schemes with
    one check character let a swap in a thousand pass.
    """
    check_digits = mod_97_10.calc_check_digits(f"{prefix}{kind}{serial:07}")
    return f"{prefix}-{kind}-{serial:07}-{check_digits}"


def parse_human_number(text: str) -> tuple[str, str, int]:
    """(prefix, kind, serial) of a number, or ValueError where form or check digits are wrong."""
    found = _FORM.fullmatch(text.strip().upper())
    if found is None or not mod_97_10.is_valid("".join(found.groups())):
        raise ValueError("not a number of this system, or misheard")
    return found.group(1), found.group(2), int(found.group(3))
