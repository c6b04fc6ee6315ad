"""A service's database for tests: migrated once per run as a template, then cloned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.migrations import upgrade
from shared.workshop.testing.servers import APP_ROLE, MakeDatabase, Postgres, locked

ROOT = Path(__file__).resolve().parents[4]
MakeServiceDatabase = Callable[[str], str]


@pytest.fixture
def make_service_database(postgres: Postgres, make_database: MakeDatabase, run_folder: Path) -> MakeServiceDatabase:
    """`make_service_database("registry")` gives the DSN of a fresh, migrated database of that service."""

    def make(service: str) -> str:
        template = "template_" + service.replace("-", "_")
        with locked(run_folder, template) as done:
            if not done.exists():
                postgres.server.create_database(template, owner=APP_ROLE)
                upgrade(ROOT / "services" / service, postgres.dsn(template))
                done.touch()
        return make_database(template)

    return make
