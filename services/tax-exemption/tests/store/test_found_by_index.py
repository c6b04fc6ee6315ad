"""What is looked for among the returns is found by an index, however many there are."""

from __future__ import annotations

import psycopg

from shared.workshop.testing.plans import unbounded
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase

_WINDOWED = "SELECT FROM exemption_returns WHERE window_from <= '2026-06-08' AND window_from > '2026-05-08'"

_ID = "'019a0000-0000-7000-8000-000000000001'"
_OF_A_PARTY = (
    f"SELECT FROM exemption_items WHERE stall_holder_id = {_ID} OR exemption_filer_id = {_ID} OR consignor_id = {_ID}"
)
_AUDIT = "SELECT FROM audit WHERE pilot = 'LS' ORDER BY id DESC LIMIT 9"


def test_returns_are_found_by_their_window_and_items_by_whose_they_are(
    make_service_database: MakeServiceDatabase,
) -> None:
    with psycopg.connect(as_process(make_service_database("tax-exemption"), "http")) as http:
        assert unbounded(http, _WINDOWED) == []
        assert unbounded(http, _OF_A_PARTY) == []
        assert unbounded(http, _AUDIT) == []
