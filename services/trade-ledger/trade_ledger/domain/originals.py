"""What a registered trade still lacks until its goods are declared (R-TRADE-1, V19)."""

from __future__ import annotations

from typing import Literal

Lack = Literal["original_document"]


def lacks_of(originals: int) -> list[Lack]:
    """A trade has at least one original document; a signed slip without a number is one."""
    return [] if originals else ["original_document"]
