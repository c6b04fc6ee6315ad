"""Alembic's environment: the common one, on this service's tables and rule parameters."""

from fx_settlement.store.parameters import parameters
from fx_settlement.store.tables import metadata
from shared.migrations import run_environment

run_environment(metadata, parameters)
