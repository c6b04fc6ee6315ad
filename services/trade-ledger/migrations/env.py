"""Alembic's environment: the common one, on this service's tables."""

from shared.migrations import run_environment
from trade_ledger.store.tables import metadata

run_environment(metadata)
