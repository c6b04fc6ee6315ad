"""The pytest plugin that every package's tests share; `addopts` in the checkout's pyproject.toml names it."""

from __future__ import annotations

from shared.workshop.testing.servers import kafka, make_database, postgres, run_folder
from shared.workshop.testing.services import make_service_database
from shared.workshop.testing.tokens import mint

__all__ = ["kafka", "make_database", "make_service_database", "mint", "postgres", "run_folder"]
