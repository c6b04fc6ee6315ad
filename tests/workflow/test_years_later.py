"""Years after the sample days a person is erased: what is left agrees, and copies are rebuilt as before (R-DATA-1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from marketctl.sample.callers import Callers
from marketctl.services import described
from marketctl.verify.findings import verify_all
from marketctl.verify.flow import wait_until_applied
from shared.clock import Clock
from shared.database import make_engine
from shared.messaging.adapters import open_bus
from shared.messaging.rebuild import projection_hashes, rebuild
from shared.messaging.signing import TrustFile

Lived = Any
pytestmark = pytest.mark.timeout(600)
ERASED = "***"


@pytest.fixture(scope="module")
def erased(lived: Lived) -> Iterator[dict[str, Any]]:
    """A stall holder of the sample days, a natural person, erased 31 years after it left; as commerce reads it."""
    callers, clock = Callers(lived.layout), Clock("sandbox", lived.layout.clock_file)
    commerce = {"role": "commerce", "actor": "commerce:officer"}
    query = "/v1/subjects?role=stall_holder&status=approved&limit=200"
    found = callers.done("GET", "registry", query, **commerce)["items"]
    person = next(each for each in found if each["natural_person"])
    path, own = f"/v1/subjects/{person['id']}", {"role": "stall_holder", "subject_id": person["id"]}
    why = {"reason": "the business is over"}
    left = callers.done(
        "POST", "registry", f"{path}/filings/stall_holder/exits", why, version=person["version"], key="exit", **own
    )
    then = clock.now()
    try:
        clock.move_to(then + timedelta(days=31 * 366))
        callers.done("POST", "registry", f"{path}/erasures", why, version=left["version"], key="erase", **own)
        wait_until_applied(lived.layout.installation)
        yield callers.done("GET", "registry", path, **commerce)
    finally:
        clock.move_to(then)
        callers.close()


def test_verify_finds_nothing_after_a_person_was_erased(lived: Lived, erased: dict[str, Any]) -> None:
    assert ERASED in erased["display_name"]
    assert verify_all(lived.layout.installation) == []


@pytest.mark.parametrize(
    "service",
    [
        # It destroys keys of its own; the others hear less of the person.
        "fx-settlement",
        pytest.param("trade-ledger", marks=pytest.mark.long),
        pytest.param("tax-exemption", marks=pytest.mark.long),
    ],
)
async def test_copies_without_the_person_are_rebuilt_as_they_were(
    lived: Lived, erased: dict[str, Any], service: str
) -> None:
    """V63: the topics hold what nobody opens any more."""
    assert erased
    installation, metadata = lived.layout.installation, described(service).metadata
    bus, engine = open_bus(installation.bus), make_engine(lived.layout.database_url(service))
    heard = described(service).subscriptions.believing(TrustFile(lived.layout.event_keys))
    lived.platform.stop_service(service)
    try:
        before = await projection_hashes(engine, metadata)
        await rebuild(engine, bus, described(service).messaging, heard, metadata)
        assert await projection_hashes(engine, metadata) == before
    finally:
        await engine.dispose()
        await bus.close()
        lived.platform.start_service(service)
        lived.platform.wait_ready(lambda line: None)
