"""Each service's database goes back to the middle of the day, one after the other, while the market runs.

Whatever its owner lost ends or is named; two persons reconcile, the lost acts are settled, and `verify` is true again.
"""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from rich.console import Console

from marketctl.embedded.platform import Platform
from marketctl.layout import SERVICES, package_of
from marketctl.operate.calling import call
from marketctl.sample.callers import Callers
from marketctl.sample.days import run_sample_days
from marketctl.verify.audit_heads import forget_head
from marketctl.verify.findings import verify_all
from marketctl.verify.flow import wait_until_applied
from marketctl.verify.questions import ask
from shared.workshop.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
# After how many of its events the copy is taken: each kind of aggregate is said before and after it.
_POINTS = {"registry": 120, "trade-ledger": 700, "fx-settlement": 120, "tax-exemption": 60}


class Copying(Callers):
    """Copies a service's database between two commands, as a backup of that moment."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform.layout)
        self._platform = platform
        self.copied: set[str] = set()

    def send(self, method: str, service: str, path: str, body: Any = None, **how: Any) -> Any:
        for each in SERVICES:
            if each not in self.copied and said(self._platform, each) >= _POINTS[each]:
                self.copied.add(each)
                put(self._platform, each, copy=True)
        return super().send(method, service, path, body, **how)


def said(platform: Platform, service: str) -> int:
    rows: list[Any] = ask(platform.layout.installation, service, "SELECT count(*) FROM outbox")
    return int(rows[0][0])


def put(platform: Platform, service: str, *, copy: bool) -> None:
    """Stop a service, keep its database or put the kept one in its place, and start it again."""
    platform.stop_service(service)
    name, kept = sql.Identifier(package_of(service)), sql.Identifier(f"{package_of(service)}_kept")
    owner = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
    with psycopg.connect(platform.postgres.dsn(), autocommit=True) as admin:
        if not copy:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        new, template = (kept, name) if copy else (name, kept)
        admin.execute(owner.format(new, template, name))
    platform.start_service(service)
    if copy:
        platform.wait_ready(lambda line: None)


def lives(url: str) -> bool:
    """Whether the process answers; it isn't ready while something stands against it."""
    try:
        return httpx.get(f"{url}/livez", trust_env=False).is_success
    except httpx.TransportError:
        return False


def reconcile(platform: Platform, service: str) -> dict[str, Any]:
    """Two persons agree to the plan; its content."""
    market = platform.layout.installation

    def standing() -> Any:
        return call(market, service, "GET", "/v1/reconciliation", "system")

    assert wait_until(lambda: lives(market.url(service)))
    assert wait_until(lambda: standing()["plan"] is not None, seconds=60), standing()
    shown: dict[str, Any] = standing()
    for person in ("anna", "bo"):
        call(
            market, service, "POST", "/v1/reconciliation/approvals", "system", {"digest": shown["digest"]}, actor=person
        )
    assert wait_until(lambda: not standing()["standing"], seconds=60), standing()
    plan: dict[str, Any] = shown["plan"]
    return plan


def settle_all(platform: Platform, service: str) -> int:
    """Say of each lost act how it was made good; how many there were."""
    market, settled = platform.layout.installation, 0
    while acts := call(market, service, "GET", "/v1/lost-acts?limit=200", "system")["items"]:
        for each in acts:
            path = f"/v1/lost-acts/{each['event_id']}/settlements"
            call(market, service, "POST", path, "system", {"settled_as": "a rehearsal: entered nowhere again"})
            settled += 1
    return settled


def test_each_service_goes_back_to_the_middle_of_the_day(platform: Platform) -> None:
    callers = Copying(platform)
    assert run_sample_days(platform, Console(quiet=True), callers) == []
    assert callers.copied == set(SERVICES)
    market = platform.layout.installation
    wait_until_applied(market)
    lost = {service: said(platform, service) - _POINTS[service] for service in SERVICES}
    for service in SERVICES:
        put(platform, service, copy=False)
        plan = reconcile(platform, service)
        assert len(plan["beyond_the_outbox"]) > 0, lost
        wait_until_applied(market)
        assert verify_all(market), "lost acts are named until they are settled"
        assert settle_all(platform, service) == len(plan["beyond_the_outbox"])
        forget_head(market, service)
    wait_until_applied(market)
    assert "\n".join(map(str, verify_all(market))) == ""
