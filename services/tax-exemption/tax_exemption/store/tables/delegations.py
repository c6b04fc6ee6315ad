"""What was done under delegations (V65)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from shared.http.delegation_tables import DelegatedActColumns, DelegationUseColumns
from tax_exemption.store.tables.row import Row


class DelegatedActRow(DelegatedActColumns, Row):
    __tablename__ = "delegated_acts"


class DelegationUseRow(DelegationUseColumns, Row):
    __tablename__ = "delegation_uses"
    __table_args__ = (CheckConstraint("used_usd >= 0", name="used"),)
