"""What fx-settlement seals: who paid a collection."""

from __future__ import annotations

from shared.sealing import SealedColumn, SealedRows

COLLECTIONS = "collections"
PAYER = SealedColumn(COLLECTIONS, "payer", "payer")

SEALED = (SealedRows(COLLECTIONS, key=("id",), documents=("payer",), columns={"payer": PAYER}),)
"""Where sealed values are."""
