"""Somebody else's id or number in a body is answered like one that nobody has, in every field (V65)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

from shared.vocabulary.identifiers import first_account
from shared.workshop.testing.named_ids import THIS, Naming, id_fields, told_apart
from shared.workshop.testing.registry_events import qualified, subject

UNKNOWN_TRADE, UNKNOWN_DECLARATION, UNKNOWN_CUSTOMS = "LS-TR-0099999-0", "LS-DE-0099999-0", "801220260000009999"


class Clients:
    """The bank's own client with its exports, and those of a client of the rival bank; another pilot's subject."""

    def __init__(self, trading: Any) -> None:
        self.trading, self.who = trading, trading.as_bank()

    async def met(self) -> Clients:
        trading = self.trading
        elsewhere = subject("operator")
        state = elsewhere.subject.model_copy(update={"pilot": "elsewhere"})
        stranger = qualified(subject("operator"), bank=trading.rival_bank, fx_directory="A")
        self.elsewhere, self.stranger = str(state.subject_id), stranger.subject.subject_id
        await trading.hear(elsewhere.model_copy(update={"subject": state}), stranger)
        self.own = await self.exported("1")
        parties = {"owner_id": self.stranger, "consignor_id": self.stranger, "collector_id": self.stranger}
        self.foreign = await self.exported("2", **parties)
        receipt = trading.receipt(collector_id=str(self.stranger))
        self.rivals = await trading.door.done("POST", "/v1/collections", receipt, **trading.as_bank(trading.rival_bank))
        return self

    async def exported(self, nth: str, **parties: Any) -> dict[str, str]:
        """What names a released portion."""
        names = {
            "trade_number": f"LS-TR-000010{nth}-0", "declaration_number": f"LS-DE-000010{nth}-0",
            "customs_number": f"80122026000000010{nth}",
        }  # fmt: skip
        collector = {"collector_id": parties["collector_id"]} if parties else {}
        trade = self.trading.trade(number=names["trade_number"], **collector)
        trade_id = trade.trade.trade_id
        portion = self.trading.portion(trade_id=trade_id, trade_number=names["trade_number"], **parties)
        await self.trading.hear(trade)
        declaration_id, (portion,) = await self.trading.released(
            portion, number=names["declaration_number"], customs_number=names["customs_number"]
        )
        ids = {"declaration_id": declaration_id, "portion_id": portion.portion_id, "trade_id": trade_id}
        return names | {name: str(each) for name, each in ids.items()}

    def naming(self, operation: str, path: str, body: Any, name: str, version: int | None = None) -> Naming:
        """A body that names something of the client's export, or of the stranger's."""
        unknown = {
            "trade_number": UNKNOWN_TRADE, "declaration_number": UNKNOWN_DECLARATION, "customs_number": UNKNOWN_CUSTOMS
        }.get(name, str(uuid4()))  # fmt: skip
        return Naming(operation, path, body, self.own[name], [self.foreign[name]], self.who, version, unknown)

    def account(self, operation: str, path: str, body: Any, party: UUID, name: str = "account_id") -> Naming:
        """A body that names an account of the party at the bank, or the stranger's."""
        own, bank = (str(first_account(party, self.trading.bank)), self.trading.rival_bank)
        foreign = [str(first_account(self.stranger, bank)), str(first_account(party, bank))]
        return Naming(operation, path, body | {name: THIS}, own, foreign, self.who)

    async def of_collections(self) -> AsyncIterator[Naming]:
        trading, path = self.trading, "/v1/collections"
        # Money is recorded whoever it is for, and waits (R-DECL-7): a subject of the pilot may be any bank's client.
        body = trading.receipt() | {"collector_id": THIS}
        yield Naming("book_collection", path, body, str(trading.agent), [self.elsewhere], self.who)
        yield self.account("book_collection", path, trading.receipt(), trading.agent)
        for buyer in (self.elsewhere, str(self.stranger), str(uuid4())):
            yield Naming(
                "book_collection", path, trading.receipt() | {"buyer_id": THIS}, None, [], self.who, unknown=buyer
            )
        booked = await trading.booked(buyer_id=None, payer_relation="unstated")
        version = booked["version"]
        for buyer in (self.elsewhere, str(self.stranger), str(trading.buyer)):
            stated = {"buyer_id": THIS, "payer_relation": "buyer"}
            yield Naming("state_payer", f"{path}/{booked['id']}/payers", stated, None, [], self.who, version, buyer)
            version += 1

    async def of_uses(self) -> AsyncIterator[Naming]:
        trading = self.trading
        booked = await trading.booked("5000.00")
        path, version = f"/v1/collections/{booked['id']}", booked["version"]
        for name in ("trade_id", "trade_number"):
            yield self.naming("link_advance", f"{path}/advances", {name: THIS, "amount": "1.00"}, name, version)
            version += 1
        for name in ("portion_id", "declaration_number", "customs_number", "trade_number"):
            body = {"matches": [{name: THIS, "amount": "1.00"}]}
            yield self.naming("match_collection", f"{path}/matches", body, name, version)
            version += 1
        # A stranger's cent at the bank opens nothing of the stranger's.
        receipt = trading.receipt("1.00", collector_id=str(self.stranger))
        blocked = await trading.door.done("POST", "/v1/collections", receipt, **self.who)
        path, version = f"/v1/collections/{blocked['id']}", blocked["version"]
        for name, body in (
            ("trade_id", {"trade_id": THIS, "amount": "1.00"}),
            ("portion_id", {"matches": [{"portion_id": THIS, "amount": "1.00"}]}),
        ):
            operation, verb = ("link_advance", "advances") if name == "trade_id" else ("match_collection", "matches")
            theirs = [self.foreign[name]]
            yield Naming(operation, f"{path}/{verb}", body, None, theirs, self.who, version)

    async def of_matches(self) -> AsyncIterator[Naming]:
        first, second = [await self.trading.booked() for _ in range(2)]
        portion = {"portion_id": self.own["portion_id"], "amount": "1.00"}
        made = [await self.trading.act(each, "matches", {"matches": [portion]}) for each in (first, second)]
        own, foreign = (each.json()["collection"]["matches"][0]["match_id"] for each in made)
        path = f"/v1/collections/{first['id']}/unmatchings"
        version = made[0].json()["version"]
        yield Naming("unmatch_collection", path, {"match_ids": [THIS]}, own, [foreign], self.who, version)

    async def of_holds(self) -> AsyncIterator[Naming]:
        trading, agent = self.trading, str(self.trading.agent)
        line = {"portion_id": self.own["portion_id"], "value": "1.00"}
        held = {"declaration_id": self.own["declaration_id"], "collector_id": agent, "lines": [line]}
        strangers = [str(self.stranger), self.elsewhere]
        yield Naming("hold_room", "/v1/holds", held | {"collector_id": THIS}, agent, strangers, self.who)
        yield self.naming("hold_room", "/v1/holds", held | {"declaration_id": THIS}, "declaration_id")
        yield self.naming("hold_room", "/v1/holds", held | {"lines": [line | {"portion_id": THIS}]}, "portion_id")
        for name in ("declaration_number", "customs_number"):
            body = {name: THIS, "collector_id": agent, "value": "1.00"}
            yield self.naming("hold_room", "/v1/holds", body, name)
        booked = await trading.booked()
        for name in ("collection_id", "portion_id", "declaration_number", "customs_number", "trade_number"):
            hold = await trading.door.done("POST", "/v1/holds", held, **self.who)
            path = f"/v1/holds/{hold['id']}/commits"
            if name == "collection_id":
                body = {name: THIS, "matches": [{"portion_id": self.own["portion_id"], "amount": "1.00"}]}
                theirs = [self.rivals["id"]]
                yield Naming("commit_hold", path, body, booked["id"], theirs, self.who, hold["version"])
                continue
            body = {"collection_id": booked["id"], "matches": [{name: THIS, "amount": "1.00"}]}
            yield self.naming("commit_hold", path, body, name, hold["version"])

    async def of_transfers(self) -> AsyncIterator[Naming]:
        trading = self.trading
        booked = await trading.booked("10.00")
        part = {"matches": [{"portion_id": self.own["portion_id"], "amount": "10.00"}]}
        assert (await trading.act(booked, "matches", part)).is_success
        body = trading.transfer("1.00")
        strangers = [str(self.stranger), self.elsewhere]
        for name in ("agent_id", "principal_id"):
            changed = trading.transfer("1.00") | {name: THIS}
            yield Naming("pass_money_on", "/v1/pass-ons", changed, body[name], strangers, self.who)
        yield self.account("pass_money_on", "/v1/pass-ons", trading.transfer("1.00"), trading.agent)
        _, (portion,) = await trading.released(trading.portion(owner_id=trading.person))
        await trading.matched(await trading.booked(), (portion, "10.00"))
        to_person = trading.transfer("1.00", principal_id=str(trading.person))
        yield self.account("pass_money_on", "/v1/pass-ons", to_person, trading.person, "principal_account_id")
        person = str(trading.person)
        mine = {"owner_id": trading.person, "collector_id": trading.person}
        self.own = await self.exported("3", **mine)
        booked = await trading.booked("10.00", collector_id=person, account_kind="personal")
        part = {"matches": [{"portion_id": self.own["portion_id"], "amount": "10.00"}]}
        assert (await trading.act(booked, "matches", part)).is_success
        quota = {"quota_statement": {"reference": "Q", "remaining": "50000.00"}}
        yield Naming(
            "convert_currency", "/v1/conversions", self.conversion("C0") | quota | {"holder_id": THIS}, person,
            strangers, self.who,
        )  # fmt: skip
        yield self.account("convert_currency", "/v1/conversions", self.conversion("C1") | quota, trading.person)
        names = {"proof_portion_ids": "portion_id", "proof_customs_numbers": "customs_number",
                 "proof_trade_numbers": "trade_number"}  # fmt: skip
        for field, name in names.items():
            body = self.conversion(field) | {field: [THIS]}
            yield self.naming("convert_currency", "/v1/conversions", body, name)

    def conversion(self, reference: str) -> dict[str, Any]:
        return {
            "holder_id": str(self.trading.person), "currency": "USD", "amount": "1.00", "rate": "6.95",
            "converted_on": "2026-05-13", "bank_reference": reference,
        }  # fmt: skip


async def test_anothers_id_in_a_body_is_answered_like_an_unknown_one(trading: Any) -> None:
    clients = await Clients(trading).met()
    asked, apart = set(), []
    for namings in (
        clients.of_collections,
        clients.of_uses,
        clients.of_matches,
        clients.of_holds,
        clients.of_transfers,
    ):
        fields, found = await told_apart(trading.door, namings())
        asked |= fields
        apart += found
    assert apart == []
    assert asked == id_fields(trading.door.app.openapi())
