"""What is looked for among the returns is found by an index, however many there are."""

from __future__ import annotations

import psycopg

from shared.workshop.testing.plans import unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase

_WINDOWED = "SELECT FROM exemption_returns WHERE window_from <= '2026-06-08' AND window_from > '2026-05-08'"


def test_returns_are_found_by_the_day_on_which_their_window_opens(make_service_database: MakeServiceDatabase) -> None:
    with psycopg.connect(as_process(make_service_database("tax-exemption"), "http")) as http:
        assert unbounded(http, _WINDOWED) == []
