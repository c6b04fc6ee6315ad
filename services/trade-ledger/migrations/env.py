"""Alembic's environment: the common one, on this service's tables and rule parameters."""

from shared.migrations import run_environment
from trade_ledger.store.parameters import parameters
from trade_ledger.store.tables import metadata

run_environment(metadata, parameters)
