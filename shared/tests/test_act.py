"""Who acts, and how events tell it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.act import UNTOLD, Actors, act_of, told_actor
from shared.events.base import Event, Received

ACTORS = Actors("a test's own secret")
OF_ANNA = ACTORS.opaque("https://a.example.org", "anna")


def test_an_account_has_one_id_in_all_services_of_a_deployment_and_no_other_has_it() -> None:
    again = Actors("a test's own secret").opaque("https://a.example.org", "anna")
    others = [
        ACTORS.opaque("https://b.example.org", "anna"),
        ACTORS.opaque("https://a.example.org", "bert"),
        ACTORS.opaque('https://a.example.org", "an', "na"),
        Actors("another secret").opaque("https://a.example.org", "anna"),
        ACTORS.opaque("https://a.example.org", OF_ANNA),
    ]
    assert OF_ANNA == again == told_actor(OF_ANNA)
    assert len({OF_ANNA, *others}) == 6
    assert not any("anna" in each for each in (OF_ANNA, *others))


@pytest.mark.parametrize(
    ("told", "on"),
    [
        (OF_ANNA, OF_ANNA),
        (UNTOLD, UNTOLD),
        ("commerce:1", UNTOLD),
        ("", UNTOLD),
        (OF_ANNA[:-1], UNTOLD),
        (OF_ANNA + "0", UNTOLD),
        (OF_ANNA + "\n", UNTOLD),
        ("actor_anna", UNTOLD),
    ],
)
def test_an_effect_of_an_event_never_tells_an_account_that_the_event_named_in_clear(told: str, on: str) -> None:
    now = datetime(2026, 5, 13, 1, tzinfo=UTC)
    received = Received(Event(), uuid4(), "t", "s", "k", 1, now, told, "longshui", None)
    assert act_of(received).told_as == on
