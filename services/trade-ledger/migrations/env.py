"""Alembic's environment: the common one, on this service's tables, rule parameters and walls."""

from shared.migrations import run_environment
from trade_ledger.store.parameters import parameters
from trade_ledger.store.tables import metadata
from trade_ledger.store.walls import WALLS

run_environment(metadata, parameters, WALLS)
