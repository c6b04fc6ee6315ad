"""Alembic's environment: the common one, on this service's tables, rule parameters and walls."""

from registry.store.parameters import parameters
from registry.store.tables import metadata
from registry.store.walls import WALLS
from shared.migrations import run_environment

run_environment(metadata, parameters, WALLS)
