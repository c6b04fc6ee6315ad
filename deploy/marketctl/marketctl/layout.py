"""Where the repository's parts are, and what the services are called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("registry", "trade-ledger", "fx-settlement", "tax-exemption")
CHINESE = {
    "registry": "主体备案",
    "trade-ledger": "交易·组货·报关",
    "fx-settlement": "收结汇",
    "tax-exemption": "免税申报",
}
BusKind = Literal["embedded", "kafka"]


def package_of(service: str) -> str:
    """The import name of a service."""
    return service.replace("-", "_")


def service_dir(service: str) -> Path:
    """The folder of a service in the repository, or where its wheel put what isn't Python's."""
    checkout = ROOT / "services" / service
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "market" / service
