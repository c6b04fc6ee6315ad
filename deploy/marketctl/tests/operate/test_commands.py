"""`marketctl` as it is typed: 0 where all is well, 1 where something isn't, 2 on wrong input, 3 where nothing runs."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from marketctl.cli import app
from marketctl.embedded.layout import kept_layout
from marketctl.layout import SERVICES
from marketctl.operate.calling import call
from marketctl.verify.findings import verify_all
from shared.events.registry import BankFiled
from shared.messaging.bus import Outgoing
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.envelope import partition_of
from shared.messaging.signing import Signer
from shared.workshop.waiting import wait_until

Run = Any
# All tests use one run, in this order: the last ones leave an event parked, and end the run.
pytestmark = pytest.mark.timeout(900)
LOOKS = ("verify", "doctor", "db status", "clock show", "parked list", "events tail")


def said(market: Run, line: str, status: int) -> str:
    """The output of a command, called inside this process."""
    done = CliRunner().invoke(app, line.split(), env=market.found_by)
    assert done.exit_code == status, (line, done.output, done.exception)
    return done.output


def typed(market: Run, line: str, status: int) -> str:
    """The output of a command, run as a separate process. This is slower."""
    done = market.say(*line.split())
    assert done.returncode == status, (line, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return str(done.stdout + done.stderr)


def put_poison(market: Run, key: str, sequence: int = 1, event: int = 1, value: bytes = b"{") -> None:
    """Publish a false event as registry, the owner of the topic: only a broken registry would do this."""

    async def publish() -> None:
        bus = EmbeddedBus(market.layout.environment("registry")["BUS_DATABASE_URL"])
        publisher = bus.publisher("registry")
        fields = {
            "ce_id": f"00000000-0000-0000-0000-{event:012}", "ce_type": BankFiled.TYPE, "ce_subject": key,
            "ce_source": "/services/registry", "ce_sequence": str(sequence), "ce_time": "2026-05-13T01:00:00Z",
            "ce_actor": "admin:1", "ce_pilot": "longshui",
        }  # fmt: skip
        signer = Signer("registry", market.layout.signing_key("registry"))
        headers = signer.signed([(name, value.encode()) for name, value in fields.items()], value)
        record = Outgoing(BankFiled.TOPIC, partition_of(key, 6), key, value, headers)
        try:
            # The cursor stays as it is: registry's own relay is fenced for a moment, then goes on from there.
            await publisher.publish([record], await publisher.fence() or 0)
        finally:
            await publisher.close()
            await bus.close()

    asyncio.run(publish())


def parked_in(market: Run, service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said(market, "parked list --json", 0))[service]
    return found


def test_each_command_answers_people_and_scripts_and_says_what_is_wrong(serving: Run) -> None:
    for line in LOOKS:
        assert said(serving, line, 0) or line == "events tail"
    answer = json.loads(typed(serving, "verify --json", 0))
    assert answer == {"ok": True, "finished": True, "findings": [], "parked": 0, "released": 0}
    heads = json.loads(said(serving, "db status --json", 0))
    assert [each["revision"] == each["head"] for each in heads.values()] == [True] * len(SERVICES)
    assert all(check["ok"] for check in json.loads(said(serving, "doctor --json", 0)))
    assert said(serving, "token operator --actor clerk", 0).count(".") == 2
    assert json.loads(said(serving, "token operator --json", 0))["access_token"].count(".") == 2
    assert json.loads(said(serving, "db upgrade --json", 0)) == heads
    roles = said(serving, "db roles", 0).splitlines()
    assert 'GRANT market_worker TO "fx_settlement_worker";' in roles
    assert 'GRANT CONNECT ON DATABASE "registry" TO "registry_http", "registry_worker";' in roles
    assert 'GRANT market_bus TO "bus_fx_settlement";' in roles
    assert 'GRANT CONNECT ON DATABASE "bus" TO "bus_registry";' in roles

    before = json.loads(said(serving, "clock show --json", 0))["now"]
    moved = json.loads(said(serving, "clock advance --days 3 --json", 0))
    assert moved["now"][:10] > before[:10]
    assert said(serving, "clock set 2027-06-08T09:00:00+08:00", 0).startswith("2027-06-08T01:00")

    back = said(serving, "clock set 2027-06-07T09:00:00+08:00", 2)
    assert "would go back from 2027-06-08 01:" in back
    assert "--yes" in back
    assert said(serving, "clock set 2027-06-07T09:00:00+08:00 --yes", 0).startswith("2027-06-07T01:00")

    for line in ("token nobody", "clock set tomorrow", "clock set 2026-06-08T09:00:00", "clock set 9999-12-31T00:00Z",
                 "clock advance --days 99999999", "events tail --topic none", "events tail --count 0",
                 "parked retry nobody 1", "parked retry registry 0", "reconcile anna --apply 0",
                 "run --bus none"):  # fmt: skip
        assert said(serving, line, 2)
    for line in ("trace none", "trace ../parked", "parked retry registry 999"):
        assert said(serving, line, 1).startswith("not_found")


def test_verify_waits_for_events_on_their_way(serving: Run) -> None:
    layout = kept_layout(serving.folder)
    assert layout is not None
    with psycopg.connect(layout.database_url("fx-settlement")) as busy:
        busy.execute("LOCK TABLE consumer_sequences IN EXCLUSIVE MODE")
        body = {"name": "样例银行", "connection": "web", "valid_from": "2026-01-01"}
        call(layout.installation, "registry", "POST", "/v1/banks", "commerce", body)
        assert {finding.invariant for finding in verify_all(layout.installation)} == {"I1"}
        freed = threading.Timer(1, busy.rollback)
        freed.start()
        assert said(serving, "verify", 0) == "ok\n"
        freed.join()


BANK = {"name": "样例银行", "connection": "web", "valid_from": "2026-01-01"}


def conflicting(market: Run) -> dict[str, dict[str, Any]]:
    """The event that waits in each service that reads the topic."""
    readers = ("trade-ledger", "fx-settlement", "tax-exemption")
    assert wait_until(lambda: all(parked_in(market, each) for each in readers))
    found = {service: parked_in(market, service)[0] for service in readers}
    assert {each["reason"] for each in found.values()} == {"id_conflict"}
    return found


def test_the_owners_event_is_taken_by_two_persons_where_a_false_one_was_applied(serving: Run) -> None:
    layout = kept_layout(serving.folder)
    assert layout is not None
    market = layout.installation

    def heard() -> str:
        with psycopg.connect(layout.database_url("fx-settlement")) as connection:
            row = connection.execute("SELECT name FROM bank_copies WHERE bank_id = %s", [bank["id"]]).fetchone()
        return str(row and row[0])

    bank = call(market, "registry", "POST", "/v1/banks", "commerce", BANK)
    assert wait_until(lambda: heard() == BANK["name"])
    false = BankFiled.model_validate({**BANK, "bank_id": bank["id"], "pilot": "longshui", "name": "假行"})
    put_poison(serving, bank["id"], 2, 99, false.model_dump_json().encode())
    assert wait_until(lambda: heard() == "假行")
    change = {**BANK, "name": "真行"}
    headers = {
        "authorization": "Bearer " + market.token("commerce", {}),
        "if-match": '"1"',
        "idempotency-key": "change",
    }
    address = f"{market.url('registry')}/v1/banks/{bank['id']}/changes"
    assert httpx.post(address, json=change, headers=headers, trust_env=False).is_success
    for service, event in conflicting(serving).items():
        line = f"parked take {service} {event['id']}"
        seen = json.loads(said(serving, f"{line} --json", 0))
        assert (seen["owner"], seen["in_its_place"][-2:], seen["sequence"]) == ("registry", "99", 2)
        assert "who are you" in typed(serving, f"{line} --apply {seen['digest']}", 2)
        said(serving, f"{line} anna --apply {'0' * 64}", 2)
        assert said(serving, f"{line} anna --apply {seen['digest']}", 0) == "proposed\n"
        assert said(serving, f"{line} bo --apply {seen['digest']}", 0) == "taken\n"
    assert heard() == "真行"
    assert said(serving, "verify", 0) == "ok\n"
    # The other way round, the false one waits: its owner has no such event.
    put_poison(serving, bank["id"], 2, 98, false.model_dump_json().encode())
    for service, event in conflicting(serving).items():
        assert "release it" in said(serving, f"parked take {service} {event['id']}", 1)
        for person in ("anna", "bo"):
            said(serving, f"parked release {service} {event['id']} case-13 {person}", 0)
    assert heard() == "真行"


def test_a_parked_event_is_listed_retried_and_released_by_two_persons(serving: Run) -> None:
    put_poison(serving, "bank-1")
    service = "fx-settlement"
    # Whoever hears banks can't read it.
    hearing = ("trade-ledger", service)
    assert wait_until(lambda: all(parked_in(serving, each) for each in hearing))
    (event,) = parked_in(serving, service)
    assert (event["type"], event["key"], event["release_proposed_by"]) == (BankFiled.TYPE, "bank-1", None)
    this = f"{service} {event['id']}"
    assert "not finished: 2 parked, see marketctl parked list" in said(serving, "verify", 1)
    assert said(serving, f"parked retry {this}", 0) == "0 applied\n"
    assert said(serving, f"parked release {this} x anna", 1).startswith("field_too_short (/reason)")
    assert said(serving, f"parked release {this} case-12 anna", 0) == "proposed\n"
    assert said(serving, f"parked release {this} case-12 anna", 1).startswith("release_needs_two_persons")
    assert said(serving, f"parked release {this} case-12 bo", 0) == "released\n"
    assert said(serving, f"parked retry {this}", 1).startswith("parked_event_settled")
    assert parked_in(serving, service) == []
    (other,) = parked_in(serving, "trade-ledger")
    for person in ("anna", "bo"):
        said(serving, f"parked release trade-ledger {other['id']} case-12 {person}", 0)
    # The event isn't in registry's outbox, and verify goes on reporting that.
    found = said(serving, "verify", 1)
    assert f"I2: {service} applied 1 of {BankFiled.TOPIC} bank-1" in found
    assert "5 released" in found


def test_what_stands_is_shown_and_lifted_by_two_persons_with_the_plans_digest(serving: Run) -> None:
    assert "database and bus agree" in said(serving, "reconcile", 0)
    layout = kept_layout(serving.folder)
    assert layout is not None
    with psycopg.connect(layout.database_url("fx-settlement"), autocommit=True) as database:
        database.execute("INSERT INTO contradictions (part, code, reason) VALUES ('relay', 'x', 'found by a test')")
    refused = said(serving, "parked retry fx-settlement 999", 1)
    assert refused.startswith("needs_reconciling")
    assert "found by a test" in said(serving, "verify", 1)

    def planned() -> str | None:
        digest: str | None = json.loads(said(serving, "reconcile --json", 1))["digest"]
        return digest

    assert wait_until(lambda: planned() is not None)
    digest = planned()
    shown = said(serving, "reconcile", 1)
    assert "fx-settlement: found by a test" in shown
    assert f"--apply {digest}" in shown
    assert said(serving, f"reconcile --apply {digest}", 2).startswith("who are you?")
    assert said(serving, f"reconcile anna --apply {'0' * 64}", 2).startswith("the plan is another")
    assert said(serving, f"reconcile anna --apply {digest}", 0) == "fx-settlement: proposed\n"
    assert said(serving, f"reconcile anna --apply {digest}", 1).startswith("reconciliation_needs_two_persons")
    assert said(serving, f"reconcile bo --apply {digest}", 0) == "fx-settlement: reconciled\n"
    assert "found by a test" not in said(serving, "reconcile", 0)


def test_a_command_that_needs_a_run_says_how_to_start_one(serving: Run, market: Run) -> None:
    assert "make run" in typed(market, "verify", 3)
    assert serving.end(signal.SIGINT) == 0
    assert "stopped in order; data kept" in serving.output
    assert "Traceback" not in serving.output
    for line in ("verify", "token system", "events tail", "db status", "db upgrade"):
        assert "make run" in typed(serving, line, 3)
