from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events.base import Event
from shared.events.registry import PilotChanged, Qualification, SubjectEvent
from shared.events.trade_ledger import Portion
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.declaration_events import portion
from shared.workshop.testing.registry_events import PILOT, hear, places, subject
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint
from tax_exemption.app import service
from tax_exemption.consumers.subscriptions import subscriptions


@dataclass(slots=True)
class Filing:
    """A stall holder and its operator, in June 2026: the filing window and the acceptance gate are open."""

    door: Door
    dsn: str
    holder: UUID = field(default_factory=uuid4)
    operator: UUID = field(default_factory=uuid4)

    async def hear(self, *events: Event, sequence: int = 1) -> None:
        async with self.door.as_worker() as session:
            await hear(session, subscriptions, *events, sequence=sequence)

    def as_holder(self) -> dict[str, Any]:
        return {"role": "stall_holder", "subject_id": self.holder}

    def as_operator(self) -> dict[str, Any]:
        return {"role": "operator", "subject_id": self.operator}

    async def stranger(self, role: str = "operator") -> dict[str, Any]:
        """Another filed party."""
        other = uuid4()
        await self.hear(subject(role, subject_id=other))
        return {"role": role, "subject_id": other}

    def own(self, value: str = "1000.00", **changed: Any) -> Portion:
        """A departed portion of the stall holder's goods, which the operator exports and the holder declares itself."""
        return portion(self.holder, self.operator, self.holder, value, **changed)

    def gate(self, open_from: date | None) -> PilotChanged:
        pilot = next(event for event in places(uuid4()) if isinstance(event, PilotChanged))
        return pilot.model_copy(update={"pilot": PILOT, "acceptance_gate_open_from": open_from})

    def files(self, frequency: str) -> SubjectEvent:
        """The stall holder files this often since the new year."""
        said = subject("stall_holder", subject_id=self.holder, stall="A-1")
        held = Qualification(kind="filing_frequency", value=frequency, valid_from=date(2026, 1, 1))
        return said.model_copy(update={"subject": said.subject.model_copy(update={"qualifications": (held,)})})

    def body(self, **changed: Any) -> dict[str, Any]:
        common = {"stall_holder_id": str(self.holder), "month": "2026-05", "rate_choice": "month_first_day"}
        return {**common, **changed}


@pytest.fixture
async def filing(make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Filing]:
    dsn = make_service_database("tax-exemption")
    async with open_door(service, dsn, mint, tmp_path) as door:
        door.at(datetime(2026, 6, 8, 1, tzinfo=UTC))
        made = Filing(door, dsn)
        await made.hear(
            made.gate(date(2026, 1, 1)),
            subject("stall_holder", subject_id=made.holder),
            subject("operator", subject_id=made.operator),
        )
        for day, rate in (("2026-05-01", "7.00"), ("2026-05-13", "6.90")):
            rate_body = {"day": day, "currency": "USD", "cny_per_unit": rate, "source": "sample"}
            await door.publish("/v1/middle-rates", rate_body, role="tax")
        yield made
