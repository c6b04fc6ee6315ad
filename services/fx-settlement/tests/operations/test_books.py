"""Random days at two banks, several calls at a time: after each step the books balance and no export is used twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fx_settlement.app import service
from shared.vocabulary.identifiers import first_account
from shared.workshop.testing.client import open_door

AMOUNTS = st.integers(1, 150_000).map(lambda cents: f"{Decimal(cents) / 100:.2f}")
PICK = st.integers(0, 10_000)
OPEN: dict[str, Callable[[], Any]] = {}
COLLECTED_ON = "coalesce(c.account_id, md5(uuid_send(c.collector_id) || uuid_send(c.bank_id))::uuid)"
PAID_FROM = "coalesce(p.account_id, md5(uuid_send(p.agent_id) || uuid_send(p.bank_id))::uuid)"
# No account is ever overdrawn, whatever lies on the party's other one at the bank.
OVERDRAWN = f"""SELECT agent, account FROM (
  SELECT c.collector_id agent, m.owner_id principal, c.currency, {COLLECTED_ON} account, m.amount - m.charges amount
    FROM matches m JOIN collections c ON c.id = m.collection_id
    WHERE m.unmatched_at IS NULL AND m.owner_id <> c.collector_id
  UNION ALL SELECT k.creditor_id, k.debtor_id, k.currency, {COLLECTED_ON}, k.amount - k.settled
    FROM claims k JOIN collections c ON c.id = k.collection_id WHERE k.creditor_id <> c.bank_id
  UNION ALL SELECT p.agent_id, p.principal_id, p.currency, {PAID_FROM}, -p.amount FROM pass_ons p) moved
  GROUP BY agent, principal, currency, account HAVING sum(amount) < 0"""


class Days(RuleBasedStateMachine):
    """Calls of banks and events of customs. Every response is a success or a refusal, never a 5xx."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.closing, self.trading = self.loop.run(OPEN["trading"]())
        self.declarations: list[tuple[UUID, list[Any]]] = []
        self.collections: list[str] = []
        self.holds: list[tuple[str, str]] = []
        self.sequences: dict[UUID, int] = {}
        agent, bank, further = self.trading.agent, self.trading.bank, uuid4()
        self.accounts = [str(first_account(agent, bank)), str(further)]
        kept = (self.trading.account(), self.trading.account(account_id=further))
        self.loop.run(self.trading.opened(agent, *kept))

    def teardown(self) -> None:
        self.loop.run(self.closing.__aexit__(None, None, None))
        self.loop.close()

    def ask(self, *calls: Any) -> list[Any]:
        """Send all at once; the responses."""

        async def gathered() -> list[Any]:
            return list(await asyncio.gather(*calls))

        answers = self.loop.run(gathered())
        assert {each.status_code for each in answers} <= {200, 201, 404, 409, 412}, [each.text for each in answers]
        return answers

    async def change(self, collection_id: str, what: str, body: dict[str, Any]) -> Any:
        path = f"/v1/collections/{collection_id}"
        seen = await self.trading.door.done("GET", path, **self.trading.as_bank())
        if what == "unmatchings":
            live = [each["match_id"] for each in seen["collection"]["matches"] if each["unmatched_at"] is None]
            body = {"match_ids": live[: 1 + len(live) // 2] or [collection_id]}
        return await self.trading.act(seen, what, body)

    def portion_at(self, pick: int) -> tuple[UUID, Any]:
        declaration_id, portions = self.declarations[pick % len(self.declarations)]
        return declaration_id, portions[pick // 7 % len(portions)]

    @rule(values=st.lists(AMOUNTS, min_size=1, max_size=3), own=st.booleans())
    def release(self, values: list[str], own: bool) -> None:
        owners = (self.trading.principal, self.trading.second)
        portions = [
            self.trading.portion(value, owner_id=owners[number % 2], **({"collector_id": owners[0]} if own else {}))
            for number, value in enumerate(values)
        ]
        self.declarations.append(self.loop.run(self.trading.released(*portions)))

    @rule(amount=AMOUNTS, charges=st.integers(0, 99), own=st.booleans(), which=st.integers(0, 1))
    def book(self, amount: str, charges: int, own: bool, which: int) -> None:
        collector = self.trading.principal if own else self.trading.agent
        charged = f"{Decimal(amount) * charges / 100:.2f}"
        account = {} if own else {"account_id": self.accounts[which]}
        body = self.trading.receipt(amount, collector_id=str(collector), bank_charges=charged, **account)
        (answer,) = self.ask(self.trading.door.call("POST", "/v1/collections", body, **self.trading.as_bank()))
        if answer.status_code == 201:
            self.collections.append(answer.json()["id"])

    @precondition(lambda self: self.declarations and self.collections)
    @rule(wanted=st.lists(st.tuples(PICK, PICK, AMOUNTS), min_size=1, max_size=5))
    def match(self, wanted: list[tuple[int, int, str]]) -> None:
        calls = []
        for which, pick, amount in wanted:
            _, portion = self.portion_at(pick)
            body = {"matches": [{"portion_id": str(portion.portion_id), "amount": amount}]}
            calls.append(self.change(self.collections[which % len(self.collections)], "matches", body))
        self.ask(*calls)

    @precondition(lambda self: self.collections)
    @rule(first=PICK, second=PICK, refund=AMOUNTS, passed=AMOUNTS, late=st.booleans())
    def give_back(self, first: int, second: int, refund: str, passed: str, late: bool) -> None:
        back = {"amount": refund, "refunded_on": "2026-05-13", "evidence_hash": "sha256:00" if late else ""}
        owner = self.trading.principal if first % 2 else self.trading.second
        account = self.accounts[second % 2]
        transfer = self.trading.transfer(passed, principal_id=str(owner), account_id=account)
        pick = self.collections
        self.ask(
            self.trading.door.call("POST", "/v1/pass-ons", transfer, **self.trading.as_bank()),
            self.change(pick[first % len(pick)], "refunds", back),
            self.change(pick[second % len(pick)], "unmatchings", {}),
        )

    @precondition(lambda self: self.declarations)
    @rule(pick=PICK, value=AMOUNTS)
    def hold(self, pick: int, value: str) -> None:
        declaration_id, portion = self.portion_at(pick)
        lines = [{"portion_id": str(portion.portion_id), "value": value}]
        body = {
            "declaration_id": str(declaration_id),
            "collector_id": str(portion.collector_id),
            "lines": lines,
        }
        (answer,) = self.ask(self.trading.door.call("POST", "/v1/holds", body, **self.trading.as_bank()))
        if answer.status_code == 201:
            self.holds.append((answer.json()["id"], lines[0]["portion_id"]))

    @precondition(lambda self: self.holds and self.collections)
    @rule(pick=PICK, amount=AMOUNTS)
    def commit_and_void(self, pick: int, amount: str) -> None:
        hold_id, portion_id = self.holds[pick % len(self.holds)]
        collection_id = self.collections[pick % len(self.collections)]
        commit = {"collection_id": collection_id, "matches": [{"portion_id": portion_id, "amount": amount}]}
        call, how = self.trading.door.call, {"version": 1, **self.trading.as_bank()}
        answers = self.ask(
            call("POST", f"/v1/holds/{hold_id}/commits", commit, **how),
            call("POST", f"/v1/holds/{hold_id}/voids", {"reason": "random"}, **how),
        )
        assert sum(each.status_code == 200 for each in answers) <= 1

    @precondition(lambda self: self.declarations)
    @rule(pick=PICK, percent=st.integers(0, 120))
    def amend(self, pick: int, percent: int) -> None:
        declaration_id, portions = self.declarations[pick % len(self.declarations)]
        newer = [
            each.model_copy(update={"released_value": (each.declared_value * percent / 100).quantize(Decimal("0.01"))})
            for each in portions
        ]
        self.loop.run(self.trading.changed(declaration_id, *newer))

    @invariant()
    def the_books_balance(self) -> None:
        self.trading.check_books()
        assert self.trading.ask(OVERDRAWN) == []

    @invariant()
    def accounts_sum_to_what_is_owed(self) -> None:
        asking = self.trading.door.done("GET", "/v1/payables", **self.trading.as_bank())
        for item in self.loop.run(asking)["items"]:
            parts = [Decimal(each["owed"]) for each in item["accounts"]]
            assert sum(parts) == Decimal(item["owed"]), item
            assert all(part >= 0 for part in parts), item


def opened(make_trading: Any, make_service_database: Any, mint: Any, tmp_path: Path) -> None:
    async def trading() -> Any:
        dsn = make_service_database("fx-settlement")
        closing = open_door(service, dsn, mint, tmp_path)
        door = await closing.__aenter__()
        door.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        trading = make_trading(door, dsn)
        await trading.hear(*trading.events())
        return closing, trading

    OPEN["trading"] = trading


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_the_books_balance_after_every_step_of_random_days(
    make_trading: Any, make_service_database: Any, mint: Any, tmp_path: Path
) -> None:
    opened(make_trading, make_service_database, mint, tmp_path)
    few = settings(max_examples=8, stateful_step_count=15, deadline=None, database=None, suppress_health_check=QUIET)
    run_state_machine_as_test(Days, settings=few)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_books_balance_after_every_step_of_many_random_days(
    make_trading: Any, make_service_database: Any, mint: Any, tmp_path: Path
) -> None:
    opened(make_trading, make_service_database, mint, tmp_path)
    many = settings(max_examples=80, stateful_step_count=30, deadline=None, database=None, suppress_health_check=QUIET)
    run_state_machine_as_test(Days, settings=many)
