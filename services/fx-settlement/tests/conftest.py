from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from fx_settlement.app import service
from fx_settlement.consumers.subscriptions import subscriptions
from shared.events.base import Event
from shared.events.registry import BankFiled, Qualification, SubjectEvent
from shared.events.trade_ledger import DeclarationReleased, DeclarationState, Portion, TradeRegistered, TradeState
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.registry_events import PILOT, SINCE, account_at, hear, places, qualified, subject
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

DAY = "2026-05-13"
VERDICT = {"decision": "eligible", "list_version": "positive@1", "rule": "82", "reason": "listed"}
STAGES = ("released", "departed", "shut_out", "returned")


@dataclass(slots=True)
class Trading:
    """Two banks, an agent with two principals, an enterprise and a person who collect for themselves."""

    door: Door
    dsn: str
    bank: UUID = field(default_factory=uuid4)
    rival_bank: UUID = field(default_factory=uuid4)
    agent: UUID = field(default_factory=uuid4)
    principal: UUID = field(default_factory=uuid4)
    second: UUID = field(default_factory=uuid4)
    person: UUID = field(default_factory=uuid4)
    unlisted: UUID = field(default_factory=uuid4)
    limited: UUID = field(default_factory=uuid4)
    buyer: UUID = field(default_factory=uuid4)
    further: UUID = field(default_factory=uuid4)
    savings: UUID = field(default_factory=uuid4)
    references: Any = field(default_factory=lambda: count(1))
    paths: dict[str, str] = field(default_factory=dict)

    def events(self) -> list[Event]:
        banks = [
            BankFiled(bank_id=each, pilot=PILOT, name="行", connection="web", valid_from=SINCE)
            for each in (self.bank, self.rival_bank)
        ]
        holder = {"role": "stall_holder"}
        return [
            *places(uuid4())[:1],
            *banks,
            qualified(subject("operator", subject_id=self.agent), bank=self.bank, fx_directory="A"),
            qualified(subject(**holder, subject_id=self.principal), bank=self.bank, fx_directory="A"),
            qualified(subject(**holder, subject_id=self.second), bank=self.bank, fx_directory="B"),
            self.with_personal_account(self.person),
            qualified(subject(**holder, subject_id=self.unlisted), bank=self.bank),
            qualified(subject(**holder, subject_id=self.limited), bank=self.bank, fx_directory="C"),
            subject("buyer", subject_id=self.buyer, status="effective"),
        ]

    def with_personal_account(self, subject_id: UUID) -> SubjectEvent:
        """A natural person who keeps a stall and a personal account."""
        filed = subject("stall_holder", subject_id=subject_id)
        return qualified(filed, natural=True, bank=self.bank)

    async def opened(
        self, subject_id: UUID, *accounts: Qualification, natural: bool = False, sequence: int = 2
    ) -> None:
        """Registry tells the subject again, in SAFE's directory, with these accounts and no others."""
        filed = subject("operator" if subject_id == self.agent else "stall_holder", subject_id=subject_id)
        told = qualified(filed, natural, **({} if natural else {"fx_directory": "A"}))
        held = (*told.subject.qualifications, *accounts)
        state = told.subject.model_copy(update={"qualifications": held})
        await self.hear(told.model_copy(update={"subject": state}), sequence=sequence)

    def account(self, bank_id: UUID | None = None, **changed: Any) -> Qualification:
        """A filed account at the bank, or at another."""
        return account_at(bank_id or self.bank, **changed)

    async def hear(self, *events: Event, sequence: int = 1) -> None:
        """Let the service's consumers apply events, as committed."""
        async with self.door.as_worker() as session:
            await hear(session, subscriptions, *events, sequence=sequence)

    def portion(self, value: str = "1000.00", **changed: Any) -> Portion:
        """A released portion that the agent collects for its principal."""
        currency = changed.pop("currency", "USD")
        owner = changed.pop("owner_id", self.principal)
        amounts = {f"{stage}_{what}": "0" for stage in STAGES for what in ("quantity", "value", "fob")}
        amounts |= {"released_quantity": "100", "released_value": value, "released_fob": value}
        return Portion.model_validate(
            {
                "portion_id": uuid4(), "pilot": PILOT, "trade_id": uuid4(), "trade_number": "LS-TR-0000001-0",
                "trade_line_id": uuid4(), "trade_kind": "goods", "sale_date": SINCE, "export_mode": "agency",
                "owner_id": owner, "stall_holder_id": owner, "consignor_id": self.agent, "buyer_id": self.buyer,
                "export_agency_id": uuid4(), "collector_id": self.agent, "exemption_filer_id": owner,
                "settlement_method": "fx", "domestic_share_percent": "0", "declaration_id": uuid4(), "item_no": 1,
                "hs_code": "8204120000", "goods_name": "活动扳手", "quantity": "100", "unit": "把",
                "statutory_quantity": "50", "statutory_unit": "千克", "net_weight_kg": "50", "price_term": "FOB",
                "slip_value": value, "slip_currency": currency, "declared_value": value,
                "declared_currency": currency, "fob_value": value, "fob_usd": value, "rate_id": "r", "verdict": VERDICT,
                **amounts, **changed,
            }
        )  # fmt: skip

    def declaration(
        self, *portions: Portion, kind: type[Any] = DeclarationReleased, currency: str = "USD", **changed: Any
    ) -> Any:
        """An event of a declaration with these portions; their `declaration_id` is set to it."""
        declaration_id = changed.pop("declaration_id", None) or uuid4()
        named = [each.model_copy(update={"declaration_id": declaration_id}) for each in portions]
        total = sum((each.declared_value for each in portions), Decimal(0))
        state = DeclarationState.model_validate(
            {
                "declaration_id": declaration_id, "pilot": PILOT, "number": "LS-DE-0000001-0", "version": 5,
                "status": "released", "attempt": 1, "consignor_id": self.agent, "declarant_id": self.agent,
                "customs_office": "8012", "port": "5201", "destination": "RU", "price_term": "FOB",
                "currency": currency, "total_value": total, "total_fob": total, "total_fob_usd": total,
                "rate_id": "r", "rate_month": SINCE, "simplified": False, "packing_list_ids": [uuid4()],
                "load_ids": [uuid4()], "packages": 1, "gross_weight_kg": "60", "net_weight_kg": "50",
                "customs_number": "801220260000000001", "items": [], "portions": named, **changed,
            }
        )  # fmt: skip
        return kind(declaration=state)

    async def released(self, *portions: Portion, **changed: Any) -> tuple[UUID, list[Portion]]:
        """The id of a released declaration and its portions: one portion of USD 1000 unless portions are given."""
        event = self.declaration(*(portions or (self.portion(),)), **changed)
        await self.hear(event)
        return event.declaration.declaration_id, list(event.declaration.portions)

    async def changed(self, declaration_id: UUID, *portions: Portion, kind: type[Any] = DeclarationReleased) -> None:
        """Let the service hear a newer state of the declaration."""
        await self.hear(self.declaration(*portions, declaration_id=declaration_id, kind=kind), sequence=2)

    def trade(self, total: str = "1000.00", **changed: Any) -> TradeRegistered:
        """A registered trade whose money the agent collects."""
        state = {
            "trade_id": uuid4(), "pilot": PILOT, "number": "LS-TR-0000001-0", "version": 1, "status": "registered",
            "kind": "goods", "procurement": "self", "export_mode": "agency", "seller_id": self.principal,
            "owner_id": self.principal, "stall_holder_id": self.principal, "consignor_id": self.agent,
            "buyer_id": self.buyer, "collector_id": self.agent, "exemption_filer_id": self.principal,
            "settlement_method": "fx", "eligible": True, "channel": "market", "trade_date": SINCE,
            "price_term": "FOB", "currency": "USD", "total": total, "lines": [], **changed,
        }  # fmt: skip
        return TradeRegistered(trade=TradeState.model_validate(state))

    def as_bank(self, bank_id: UUID | None = None) -> dict[str, Any]:
        return {"role": "bank", "bank_id": bank_id or self.bank}

    def receipt(self, amount: str = "1000.00", **changed: Any) -> dict[str, Any]:
        """A receipt that may be booked."""
        return {
            "collector_id": str(self.agent),
            "bank_reference": f"TT{next(self.references):05}",
            "currency": "USD",
            "amount": amount,
            "received_on": DAY,
            "payer": "Vostok Instrument OOO",
            "buyer_id": str(self.buyer),
            "payer_relation": "buyer",
            **changed,
        }

    async def booked(self, amount: str = "1000.00", **changed: Any) -> dict[str, Any]:
        """Book a collection; the response."""
        return await self.door.done("POST", "/v1/collections", self.receipt(amount, **changed), **self.as_bank())

    async def act(self, collection: dict[str, Any], what: str, body: dict[str, Any], **how: Any) -> Any:
        """A bank changes its collection, at the version that it read; the response."""
        asked = {"version": collection["version"], **self.as_bank(), **how}
        return await self.door.call("POST", f"/v1/collections/{collection['id']}/{what}", body, **asked)

    async def matched(self, collection: dict[str, Any], *parts: tuple[Portion, str], **rate: str) -> dict[str, Any]:
        """Match these parts; the collection afterwards."""
        matches = [{"portion_id": str(portion.portion_id), "amount": amount, **rate} for portion, amount in parts]
        answer = await self.act(collection, "matches", {"matches": matches})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def transfer(self, amount: str, **changed: Any) -> dict[str, Any]:
        """A pass-on in currency from the agent to its principal."""
        return {
            "agent_id": str(self.agent), "principal_id": str(self.principal), "currency": "USD", "amount": amount,
            "paid_as": "fx", "paid_on": DAY, "bank_reference": f"PO{next(self.references):05}", **changed,
        }  # fmt: skip

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(question).fetchall()  # type: ignore[call-overload,no-any-return]  # SQL of the test

    def room(self, declaration_id: UUID) -> tuple[Any, ...]:
        """(collectable, tolerance, held, matched, frozen) of a declaration."""
        names = "collectable, tolerance, held, matched, frozen"
        return self.ask(f"SELECT {names} FROM entitlements WHERE declaration_id = '{declaration_id}'")[0]

    def said(self, topic: str = "") -> list[str]:
        """The types of the events announced so far, without service and version."""
        rows = self.ask(f"SELECT type FROM outbox WHERE topic LIKE '%{topic}' ORDER BY id")
        return [row[0].split(".")[1] for row in rows]

    def refusals(self) -> list[tuple[str, str]]:
        """(rule, code) of what was refused or denied."""
        rows = self.ask("SELECT rule, code FROM audit WHERE outcome <> 'done' AND rule IS NOT NULL ORDER BY id")
        return [(row[0], row[1]) for row in rows]

    def check_books(self) -> None:
        """Entries and currencies sum to zero; counters equal their moves and the journal; events are gapless."""
        with psycopg.connect(self.dsn) as connection:
            for question in _BOOKS:
                assert connection.execute(question).fetchall() == [], question


_ENTRIES = "SELECT entry_id FROM journal GROUP BY entry_id, currency HAVING sum(amount) <> 0"
_CURRENCIES = "SELECT currency FROM journal GROUP BY currency HAVING sum(amount) <> 0"
_COUNTERS = """SELECT r.portion_id FROM portion_rooms r LEFT JOIN (
  SELECT portion_id, sum(collectable) c, sum(held) h, sum(matched) m FROM room_moves GROUP BY 1) s USING (portion_id)
  WHERE (r.collectable, r.held, r.matched) IS DISTINCT FROM (coalesce(c, 0), coalesce(h, 0), coalesce(m, 0))"""
_WHOLES = """SELECT e.declaration_id FROM entitlements e JOIN (
  SELECT declaration_id, sum(collectable) c, sum(held) h, sum(matched) m FROM portion_rooms GROUP BY 1) s
  USING (declaration_id) WHERE (e.collectable, e.held, e.matched) IS DISTINCT FROM (c, h, m)"""
_MATCHES = """SELECT c.id FROM collections c LEFT JOIN (
  SELECT collection_id, sum(amount) a FROM matches WHERE unmatched_at IS NULL GROUP BY 1) m ON m.collection_id = c.id
  WHERE c.matched <> coalesce(a, 0)"""
_PAYABLES = """SELECT p.agent_id FROM payables p LEFT JOIN (
  SELECT account, currency, sum(amount) a FROM journal WHERE account LIKE 'payable:%' GROUP BY 1, 2) j
  ON j.account = 'payable:' || p.agent_id || ':' || p.principal_id AND j.currency = p.currency
  WHERE coalesce(-a, 0) <> p.collected + p.claims - p.charges - p.passed_on"""
_PERSONAL = """SELECT b.holder_id FROM personal_balances b LEFT JOIN (
  SELECT account, currency, sum(amount) a FROM journal WHERE account LIKE 'personal:%' GROUP BY 1, 2) j
  ON j.account = 'personal:' || b.holder_id AND j.currency = b.currency WHERE b.balance <> coalesce(a, 0)"""
_CASES = """SELECT e.declaration_id FROM entitlements e
  LEFT JOIN conflicts c ON c.declaration_id = e.declaration_id AND c.closed_at IS NULL
  JOIN (SELECT declaration_id, bool_and(frozen) held FROM entitlement_portions GROUP BY 1) p
    ON p.declaration_id = e.declaration_id
  WHERE (c.id IS NOT NULL AND NOT e.frozen)
  OR (c.id IS NULL AND e.frozen AND NOT p.held AND NOT EXISTS (
    SELECT 1 FROM conflicts a WHERE a.declaration_id = e.declaration_id AND a.accepted_excess > 0))
  OR (NOT e.frozen AND e.held + e.matched > e.collectable + e.tolerance)"""
_BLOCKED = """SELECT c.id FROM collections c
  LEFT JOIN conflicts k ON k.collection_id = c.id AND k.closed_at IS NULL
  WHERE (c.blocked_by <> '[]') <> (k.id IS NOT NULL)"""
_BLOCKED_MONEY = """SELECT account FROM journal WHERE account LIKE 'blocked:%' AND NOT EXISTS (
  SELECT 1 FROM collections c WHERE c.blocked_by <> '[]' AND account = 'blocked:' || c.collector_id || ':' || c.bank_id)
  GROUP BY account, currency HAVING sum(amount) <> 0"""
_GAPS = "SELECT key FROM outbox GROUP BY topic, key HAVING max(sequence) <> count(*) OR min(sequence) <> 1"
_SUMS = (_ENTRIES, _CURRENCIES, _COUNTERS, _WHOLES, _MATCHES, _PAYABLES, _PERSONAL)
_BOOKS = (*_SUMS, _CASES, _BLOCKED, _BLOCKED_MONEY, _GAPS)


@pytest.fixture
def dsn(make_service_database: MakeServiceDatabase) -> str:
    return make_service_database("fx-settlement")


@pytest.fixture
async def door(dsn: str, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(service, dsn, mint, tmp_path) as opened:
        opened.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        yield opened


@pytest.fixture
def filed_with(trading: Trading) -> Callable[..., SubjectEvent]:
    """A stall holder as registry tells it again, with its account at the bank and qualifications from a day on."""

    def told(subject_id: UUID, *, since: str = "2026-01-01", **held: str) -> SubjectEvent:
        filed = subject("stall_holder", subject_id=subject_id)
        return qualified(filed, since=date.fromisoformat(since), bank=trading.bank, **held)

    return told


@pytest.fixture
def make_trading() -> type[Trading]:
    return Trading


@pytest.fixture
async def trading(door: Door, dsn: str) -> Trading:
    trading = Trading(door, dsn)
    await trading.hear(*trading.events())
    return trading
