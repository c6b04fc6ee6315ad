"""Alembic's environment: the common one, on this service's tables, rule parameters and walls."""

from shared.migrations import run_environment
from tax_exemption.store.parameters import parameters
from tax_exemption.store.tables import metadata
from tax_exemption.store.walls import WALLS

run_environment(metadata, parameters, WALLS)
