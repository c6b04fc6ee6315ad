"""Alembic's environment: the common one, on this service's tables and rule parameters."""

from registry.store.parameters import parameters
from registry.store.tables import metadata
from shared.migrations import run_environment

run_environment(metadata, parameters)
