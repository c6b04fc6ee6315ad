"""Rows of fx-settlement, without behaviour."""

from fx_settlement.store.tables import finding
from fx_settlement.store.tables.books import JournalRow, RateRow
from fx_settlement.store.tables.copies import (
    BankCopy,
    DelegationCopy,
    EntitlementPortion,
    GradeCopy,
    PilotCopy,
    SubjectCopy,
    TradeCopy,
)
from fx_settlement.store.tables.money import (
    AdvanceRow,
    ClaimRow,
    CollectionRow,
    ConversionRow,
    MatchRow,
    PassOnRow,
    PayableRow,
    PersonalBalanceRow,
    RefundRow,
)
from fx_settlement.store.tables.rooms import (
    ConflictRow,
    EntitlementRow,
    HoldLineRow,
    HoldRow,
    PortionRoomRow,
    RoomMoveRow,
    TradeRoomRow,
)
from fx_settlement.store.tables.row import Row, http_tables, messaging, metadata, policy

__all__ = [
    "AdvanceRow",
    "BankCopy",
    "ClaimRow",
    "CollectionRow",
    "ConflictRow",
    "ConversionRow",
    "DelegationCopy",
    "EntitlementPortion",
    "EntitlementRow",
    "GradeCopy",
    "HoldLineRow",
    "HoldRow",
    "JournalRow",
    "MatchRow",
    "PassOnRow",
    "PayableRow",
    "PersonalBalanceRow",
    "PilotCopy",
    "PortionRoomRow",
    "RateRow",
    "RefundRow",
    "RoomMoveRow",
    "Row",
    "SubjectCopy",
    "TradeCopy",
    "TradeRoomRow",
    "finding",
    "http_tables",
    "messaging",
    "metadata",
    "policy",
]
