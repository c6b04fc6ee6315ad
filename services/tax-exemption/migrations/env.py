"""Alembic's environment: the common one, on this service's tables."""

from shared.migrations import run_environment
from tax_exemption.store.tables import metadata

run_environment(metadata)
