"""What a party sees of its money, another one sees where a delegation on file lets it (V65)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events.registry import DelegationEvent
from shared.workshop.testing.registry_events import delegation, subject
from shared.workshop.tokens import ISSUER

CLERK = {"role": "operator", "actor": "clerk-7"}
FORBIDDEN, BARRED = (403, "forbidden"), (403, "delegate_not_in_force")
LISTS = ("collections", "conflicts", "entitlements", "holds", "pass-ons", "conversions", "payables", "balances")


def given(trading: Any, **changed: Any) -> DelegationEvent:
    """The agent lets its clerk read about its money, unless changed."""
    account = trading.door.app.state.runtime.actors.opaque(ISSUER, CLERK["actor"])
    return delegation(trading.agent, **{"role": "operator", "account": account, "acts": ("read_money",), **changed})


async def status(trading: Any, path: str, **who: Any) -> tuple[int, str]:
    on_behalf = {"on-behalf-of": str(trading.agent)}
    answer = await trading.door.call("GET", path, headers=on_behalf, **{**CLERK, **who})
    return answer.status_code, answer.json().get("code", "")


async def test_a_clerk_reads_what_its_party_reads_until_the_delegation_ends(trading: Any) -> None:
    collection = await trading.booked()
    own = f"/v1/collections/{collection['id']}"
    paths = [*(f"/v1/{each}" for each in LISTS), own]
    assert {await status(trading, path) for path in paths} == {FORBIDDEN}
    said = given(trading)
    await trading.hear(said)
    assert {await status(trading, path) for path in paths} == {(200, "")}
    seen = await trading.door.done("GET", "/v1/collections", headers={"on-behalf-of": str(trading.agent)}, **CLERK)
    assert [each["id"] for each in seen["items"]] == [collection["id"]]
    # What the agent doesn't see, nobody sees for it; and another act is another right.
    assert (await status(trading, "/v1/journal"))[0] == 403
    await trading.hear(said.model_copy(update={"delegation": said.delegation.model_copy(update={"status": "ended"})}))
    assert {await status(trading, path) for path in paths} == {FORBIDDEN}
    await trading.hear(given(trading, acts=("read", "read_tax", "pack")))
    assert {await status(trading, path) for path in paths} == {FORBIDDEN}


@pytest.mark.parametrize(
    ("instant", "answered"),
    [(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), (200, "")), (datetime(2026, 12, 31, 16, tzinfo=UTC), FORBIDDEN)],
)
async def test_a_delegation_counts_through_its_last_day_in_beijing(trading: Any, instant: Any, answered: Any) -> None:
    await trading.hear(given(trading))
    trading.door.at(instant)
    assert await status(trading, "/v1/collections") == answered


async def test_a_delegate_that_is_not_in_force_reads_nothing_of_another(trading: Any) -> None:
    await trading.hear(given(trading, account=None, delegate_id=trading.principal))
    who = {"role": "stall_holder", "subject_id": trading.principal}
    assert await status(trading, "/v1/collections", **who) == (200, "")
    await trading.hear(subject("stall_holder", subject_id=trading.principal, status="suspended"), sequence=2)
    assert await status(trading, "/v1/collections", **who) == BARRED
    await trading.hear(given(trading))
    assert await status(trading, "/v1/collections", role="stall_holder") == BARRED
