"""Alembic's environment: the common one, on this service's tables and rule parameters."""

from shared.migrations import run_environment
from tax_exemption.store.parameters import parameters
from tax_exemption.store.tables import metadata

run_environment(metadata, parameters)
