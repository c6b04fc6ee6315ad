"""Alembic's environment: the common one, on this service's tables, rule parameters and walls."""

from fx_settlement.store.parameters import parameters
from fx_settlement.store.tables import metadata
from fx_settlement.store.walls import WALLS
from shared.migrations import run_environment

run_environment(metadata, parameters, WALLS)
