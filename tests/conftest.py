"""The sample days, run once for all tests on a real Kafka."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args
from uuid import UUID, uuid4

import httpx
import pytest
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from marketctl.embedded.layout import Layout, free_ports
from marketctl.embedded.platform import Platform
from marketctl.layout import BusKind
from marketctl.sample.callers import Callers
from marketctl.sample.counts import refusals
from marketctl.sample.days import run_sample_days
from marketctl.services import described
from marketctl.verify.findings import verify_all
from marketctl.verify.flow import wait_until_applied
from registry.store.tables import PlaceRow, RoleFilingRow, SubjectRow
from shared.events.base import Event
from shared.events.registry import BankFiled, Role, RoleFiling, SiteFiled
from shared.workshop.testing.registry_events import FILED_AT, PILOT, SINCE, hear, subject

_AT_ONCE = 10


class Impatient(Callers):
    """Sends each kind of command ten times at once with the same key, until one of that kind has been accepted."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.accepted: set[str] = set()
        self.wrong: list[str] = []
        self.seen: dict[str, list[str]] = {}
        # The first accepted command of each kind: method, service, path, body, and how it was sent.
        self.commands: dict[str, tuple[str, str, str, Any, dict[str, Any]]] = {}
        self._market = layout.installation

    def look(self, when: str) -> None:
        """Verify the market in the middle of its day; what `verify` itself stumbles over is a finding too."""
        wait_until_applied(self._market)
        try:
            self.seen[when] = [str(finding) for finding in verify_all(self._market)]
        except Exception as error:  # noqa: BLE001 - told by the test
            self.seen[when] = [f"{type(error).__name__}: {error}"]

    def send(self, method: str, service: str, path: str, body: Any = None, **how: Any) -> httpx.Response:
        # Each kind of receipt is a kind of command.
        kind = f"{service} {_ID.sub('{id}', path)} {body.get('kind', '') if path.endswith('/receipts') else ''}"
        if method != "POST" or kind in self.accepted:
            return super().send(method, service, path, body, **how)
        once = super().send
        with ThreadPoolExecutor(_AT_ONCE) as crowd:
            answers = list(crowd.map(lambda _: once(method, service, path, body, **how), range(_AT_ONCE)))
        if answers[0].is_success:
            self.accepted.add(kind)
            self.commands[kind] = (method, service, path, body, how)
            if path.endswith("/receipts"):
                self.look(kind)
            told = {(answer.status_code, answer.content) for answer in answers}
            first = [answer for answer in answers if "idempotency-replayed" not in answer.headers]
        else:
            told = {(answer.status_code, answer.json()["code"].encode()) for answer in answers}
            first = answers[:1]
        if len(told) != 1 or len(first) != 1:
            self.wrong.append(f"{kind}: {len(first)} first answers, {sorted(told)}"[:500])
        return answers[0]


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True)
class Lived:
    """The running platform after both days, its callers, what went unexpectedly, and the refusals of the days alone:
    later tests are refused, too."""

    platform: Platform
    layout: Layout
    callers: Impatient
    unexpected: list[str]
    refused: set[tuple[str, str]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker lives the days; whoever comes first waits for them, and on a slow machine longer than a test may."""
    for item in items:
        if "lived" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("tests/conftest.py"))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(600))
    # The matrix goes on with the market, so it comes last.
    items.sort(key=lambda item: "table" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def lived() -> Iterator[Lived]:
    folder = Path(tempfile.mkdtemp(prefix="market-市场 day-"))
    layout = Layout(folder / "run", "kafka", free_ports())
    platform = Platform(layout)
    platform.start(lambda line: None)
    # `marketctl` finds it by its folder, as it finds what `make run` started.
    (layout.folder / "bus").write_text(layout.bus)
    try:
        callers = Impatient(layout)
        unexpected = run_sample_days(platform, Console(quiet=True), callers, callers.look)
        yield Lived(platform, layout, callers, unexpected, refusals(layout.installation))
    finally:
        platform.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["embedded", "kafka"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """All services on either bus, before the first day."""
    bus: BusKind = request.param
    started = Platform(Layout(tmp_path / "运行 run", bus, free_ports()))
    started.start(lambda line: None)
    yield started
    started.stop()


def _places(party: dict[str, UUID], valid_to: date | None) -> dict[str, Event]:
    dated: dict[str, Any] = {"pilot": PILOT, "name": "名", "valid_from": SINCE, "valid_to": valid_to}
    site = {"kind": "consolidation_warehouse", "operator_name": "o"}
    return {
        "bank": BankFiled(bank_id=party["bank_id"], connection="web", **dated),
        "site": SiteFiled.model_validate({"site_id": party["site_id"], **site, **dated}),
    }


async def _file_party(
    session: AsyncSession, service: str, party: dict[str, UUID], *, status: str = "approved", until: date | None = None
) -> None:
    """The subject in every role, the bank and the site, as the service knows them; the session is the worker's."""
    dates = {"effective_from": FILED_AT, "exited_at": FILED_AT if status == "exited" else None}
    filings = [
        RoleFiling.model_validate({"role": each, "filing_number": each, "status": status, "version": 1, **dates})
        for each in get_args(Role)
    ]
    said = subject("operator", subject_id=party["subject_id"])
    state = said.subject.model_copy(update={"roles": tuple(filings)})
    places = _places(party, until)
    if service != "registry":
        told = said.model_copy(update={"subject": state})
        await hear(session, described(service).subscriptions, told, *places.values())
        return
    own = {"id": state.subject_id, "pilot": PILOT, "version": 1, "identity_index": str(state.subject_id)}
    same = ("number", "identity_kind", "identity", "country", "natural_person", "display_name", "name")
    session.add(SubjectRow(**own, **{name: getattr(state, name) for name in same}, stalls=(), qualifications=()))
    await session.flush()
    for each in filings:
        row = {**each.model_dump(), "filing_number": str(uuid4()), "id": uuid4(), "pilot": PILOT}
        session.add(RoleFilingRow(subject_id=state.subject_id, **row))
    for kind, content in places.items():
        place_id = str(party[f"{kind}_id"])
        session.add(PlaceRow(id=place_id, kind=kind, pilot=PILOT, content=content, version=1))


@pytest.fixture(scope="session")
def file_party() -> Any:
    return _file_party
