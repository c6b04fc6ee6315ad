"""One real working day and its filing day, end to end on Kafka, in a folder with a space and Chinese characters."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from jsonschema import Draft202012Validator
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from marketctl.embedded.platform import Platform
from marketctl.layout import ROOT, SERVICES
from marketctl.sample.callers import Callers
from marketctl.sample.counts import counted, lacking, shortfalls, token_that_sees
from marketctl.sample.expected import EXPECTED_REFUSALS
from marketctl.services import described
from marketctl.verify.findings import verify_all
from marketctl.verify.flow import wait_until_applied
from marketctl.verify.questions import ask
from shared.database import make_engine
from shared.messaging.adapters import open_bus
from shared.messaging.rebuild import consumer_tables, projection_hashes, rebuild
from shared.messaging.signing import TrustFile

# The fixture's type is in conftest.py, which can't be imported: pytest runs in importlib mode.
Lived = Any
pytestmark = pytest.mark.timeout(600)


def test_both_days_go_as_expected(lived: Lived) -> None:
    assert lived.unexpected == []
    numbers = counted(lived.layout.installation)
    assert lived.refused == set(EXPECTED_REFUSALS)
    assert shortfalls(numbers, lived.refused) == []
    assert lacking(lived.layout.installation) == []
    assert numbers == json.loads(Path(__file__).with_name("expected_numbers.json").read_text("utf-8"))
    assert numbers["portions_exempted"] == numbers["portions_departed"]


def test_every_kind_of_command_sent_ten_times_at_once_has_one_effect_and_one_answer(lived: Lived) -> None:
    """The other tests show the single effect: the numbers of the days are those of single requests (V61)."""
    assert lived.callers.wrong == []
    assert len(lived.callers.accepted) >= 40


def test_verify_finds_nothing_wrong(lived: Lived) -> None:
    """V68."""
    assert [str(finding) for finding in verify_all(lived.layout.installation)] == []


def test_verify_is_true_of_a_market_in_the_middle_of_its_day(lived: Lived) -> None:
    """After each step, and after the first receipt of each kind."""
    seen = lived.callers.seen
    assert len([when for when in seen if when.endswith(("accepted", "inspected", "released", "departed"))]) == 4
    assert len(seen) == 4 + 9
    assert {when: findings for when, findings in seen.items() if findings} == {}


def test_a_declaration_is_left_that_waits_for_customs(lived: Lived) -> None:
    waiting = "SELECT count(*) FROM declarations WHERE status = 'submitted'"
    assert ask(lived.layout.installation, "trade-ledger", waiting) == [(1,)]


def test_the_token_that_is_suggested_sees_what_the_days_left(lived: Lived) -> None:
    """What `make run` says last: its holder finds trades, packing lists, declarations and collections."""
    words = dict(word.split("=") for word in token_that_sees(lived.layout.installation).split())
    who = {"role": words["ROLE"].lower(), "subject_id": words["SUBJECT"]}
    callers = Callers(lived.layout)
    try:
        for service, name in (
            ("trade-ledger", "trades"), ("trade-ledger", "packing-lists"), ("trade-ledger", "declarations"),
            ("fx-settlement", "collections"),
        ):  # fmt: skip
            assert callers.done("GET", service, f"/v1/{name}", **who)["items"], name
    finally:
        callers.close()


async def test_an_outside_reader_gets_what_the_services_report(lived: Lived) -> None:
    """The reader uses aiokafka and what the events name only: totals of trades, declarations, money, exemption."""
    schemas: dict[str, Draft202012Validator] = {}
    newest: dict[str, dict[str, Any]] = {}
    channels = json.loads((ROOT / "docs" / "asyncapi.json").read_text("utf-8"))["channels"]
    topics = ["trade-ledger.trades", "trade-ledger.declarations", "fx-settlement.collections", "tax-exemption.returns"]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=f"127.0.0.1:{lived.layout.ports['kafka']}",
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, n)
            for topic in topics
            for n in range(channels[topic]["bindings"]["kafka"]["partitions"])
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    kind, schema, content = headers["ce_type"], headers["ce_dataschema"], json.loads(record.value)
                    if schema not in schemas:
                        schemas[schema] = Draft202012Validator(await _read(schema))
                    schemas[schema].validate(content)
                    newest[record.key.decode()] = {"type": kind, **content}
    finally:
        await consumer.stop()
    assert len(schemas) > len(topics)
    totals = _totals(newest)
    numbers = await asyncio.to_thread(counted, lived.layout.installation)
    assert totals["trades"] == numbers["trades"]
    assert totals["lines"] == numbers["lines"]
    assert totals["declarations_released"] == numbers["declarations_released"]
    assert f"{totals['released_usd']:.2f}" == numbers["released_usd"]
    assert totals["collections"] == numbers["collections"]
    assert totals["exemptions_accepted"] == numbers["exemptions_accepted"]
    assert len(totals["portions_exempted"]) == numbers["portions_exempted"]
    for name, (service, question) in _AMOUNTS.items():
        reported = {f"{name} {row[0]}": row[1] for row in ask(lived.layout.installation, service, question)}
        assert reported == {kind: amount for kind, amount in totals.items() if kind.startswith(f"{name} ")}


async def _read(address: str) -> Any:
    """The document at an address, as anybody gets it."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(address)).raise_for_status().json()


# What the services report, by currency, beside the numbers of the last line.
_AMOUNTS = {
    "traded": (
        "trade-ledger",
        "SELECT currency, sum(total) FROM trades WHERE status <> 'void' GROUP BY currency",
    ),
    "booked": ("fx-settlement", "SELECT currency, sum(amount) FROM collections GROUP BY currency"),
    "matched": ("fx-settlement", "SELECT currency, sum(matched) FROM collections WHERE matched > 0 GROUP BY currency"),
    "exempt": (
        "tax-exemption",
        "SELECT 'CNY', sum(total_rmb) FROM exemption_returns WHERE status = 'accepted'",
    ),
}


def _totals(newest: dict[str, dict[str, Any]]) -> dict[str, Any]:
    totals: Counter[str] = Counter()
    money: dict[str, Decimal] = defaultdict(Decimal)
    exempted: set[str] = set()
    for state in newest.values():
        if "trade" in state and state["trade"]["status"] != "void":
            totals["trades"] += 1
            totals["lines"] += len(state["trade"]["lines"])
            money[f"traded {state['trade']['currency']}"] += Decimal(state["trade"]["total"])
        elif "declaration" in state and state["declaration"]["status"] in ("released", "departed"):
            totals["declarations_released"] += 1
            for portion in state["declaration"]["portions"]:
                share = Decimal(portion["released_quantity"]) / Decimal(portion["quantity"])
                money["released_usd"] += Decimal(portion["fob_usd"]) * share
        elif "collection" in state:
            totals["collections"] += 1
            collection = state["collection"]
            money[f"booked {collection['currency']}"] += Decimal(collection["amount"])
            if Decimal(collection["matched"]):
                money[f"matched {collection['currency']}"] += sum(
                    Decimal(match["amount"]) for match in collection["matches"] if match["unmatched_at"] is None
                )
        elif "exemption_return" in state and state["exemption_return"]["status"] == "accepted":
            totals["exemptions_accepted"] += 1
            money["exempt CNY"] += Decimal(state["exemption_return"]["total_rmb"])
            exempted |= {line["portion_id"] for line in state["exemption_return"]["lines"]}
    return {**totals, **money, "portions_exempted": exempted}


class _workers_stopped:  # noqa: N801 - reads as a statement
    """The service's processes are down inside the block."""

    def __init__(self, platform: Platform, *services: str) -> None:
        self._platform = platform
        self._services = services

    def __enter__(self) -> None:
        for service in self._services:
            self._platform.stop_service(service)

    def __exit__(self, *_: object) -> None:
        for service in self._services:
            self._platform.start_service(service)
        self._platform.wait_ready(lambda line: None)


@pytest.mark.parametrize("service", SERVICES)
async def test_what_consumers_wrote_can_be_rebuilt_from_the_topics(lived: Lived, service: str) -> None:
    """I11, F27."""
    wait_until_applied(lived.layout.installation)
    metadata = described(service).metadata
    bus = open_bus(lived.layout.installation.bus)
    engine = make_engine(lived.layout.database_url(service))
    with _workers_stopped(lived.platform, service):
        try:
            heard = described(service).subscriptions.believing(TrustFile(lived.layout.event_keys))
            before, since = await projection_hashes(engine, metadata), await _transaction(engine)
            await rebuild(engine, bus, described(service).messaging, heard, metadata)
            assert await projection_hashes(engine, metadata) == before
            # A table that consumers write without declaring it is found here.
            assert await _written(engine, metadata, since) == {
                name for name in consumer_tables(metadata) if before[name] != _EMPTY
            }
        finally:
            await engine.dispose()
            await bus.close()


_EMPTY = hashlib.md5(b"", usedforsecurity=False).hexdigest()


async def _transaction(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT pg_current_xact_id()::text")))


async def _written(engine: AsyncEngine, metadata: MetaData, since: int) -> set[str]:
    """The tables with a row that a younger transaction wrote."""
    younger = "SELECT EXISTS (SELECT FROM {} WHERE xmin::text::bigint > :since)"
    async with engine.connect() as connection:
        return {
            table for table in metadata.tables if await connection.scalar(text(younger.format(table)), {"since": since})
        }


def test_the_workbooks_are_what_the_generator_writes(tmp_path: Path) -> None:
    from python_calamine import CalamineWorkbook

    from marketctl.sample.sheets import FOLDER, read_sheet
    from marketctl.sample.workbook_files import write_all

    write_all(tmp_path)
    committed = sorted(file.name for file in FOLDER.glob("*.xlsx"))
    assert committed == sorted(file.name for file in tmp_path.glob("*.xlsx"))
    for name in committed:
        for sheet in CalamineWorkbook.from_path(FOLDER / name).sheet_names:
            assert read_sheet(FOLDER / name, sheet) == read_sheet(tmp_path / name, sheet)
