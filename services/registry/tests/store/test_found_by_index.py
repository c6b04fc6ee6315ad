"""What an account asks for is found by an index, however many subjects there are."""

from __future__ import annotations

import psycopg

from shared.workshop.testing.plans import unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase


def test_subjects_are_found_by_the_account_that_asks(make_service_database: MakeServiceDatabase) -> None:
    with psycopg.connect(as_process(make_service_database("registry"), "http")) as http:
        assert unbounded(http, "SELECT FROM subjects WHERE account = 'a'") == []
