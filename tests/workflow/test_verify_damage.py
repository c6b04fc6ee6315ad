"""Each invariant of `verify` finds the damage that was done to a copy of the databases (F33)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from marketctl.embedded.layout import Layout
from marketctl.layout import SERVICES, package_of
from marketctl.sample.counts import lacking
from marketctl.verify.findings import verify_all
from marketctl.verify.flow import wait_until_applied
from marketctl.verify.invariants import INVARIANTS
from shared.workshop.processes.postgres import PostgresServer

Lived = Any
pytestmark = pytest.mark.timeout(600)

DAMAGES = {
    "I1": ("tax-exemption", "UPDATE consumer_sequences SET sequence = sequence - 1 WHERE topic = 'registry.places'",
           "events of registry.places"),
    "I2": ("registry", "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox WHERE sequence = 2)",
           "events with sequences"),
    "I3": ("trade-ledger", "UPDATE trade_line_counters SET packed = packed - 1 WHERE packed > declared + 0"
           " OR line_id = (SELECT min(line_id::text)::uuid FROM movements WHERE kind = 'packed')",
           "its movements sum to"),
    "I4": ("trade-ledger", "UPDATE portions SET declared_value = declared_value + 1 WHERE id ="
           " (SELECT min(id::text)::uuid FROM portions)", ", portions "),
    "I5": ("fx-settlement", "UPDATE collections SET matched = matched - 1 WHERE id ="
           " (SELECT min(id::text)::uuid FROM collections WHERE matched > 1)", "its matches sum to"),
    "I5 blocked": ("fx-settlement", "UPDATE collections SET blocked_by = '[\"payer_not_stated\"]' WHERE id ="
                   " (SELECT min(id::text)::uuid FROM collections)", "0 open cases"),
    "I6": ("tax-exemption", "UPDATE return_lines SET fob_value = fob_value + 1 WHERE id ="
           " (SELECT min(id::text)::uuid FROM return_lines)", "is in returns"),
    "I7": ("trade-ledger", "DELETE FROM portions WHERE id = (SELECT min(id::text)::uuid FROM portions)",
           "is nothing of trade-ledger's"),
    "I8": ("trade-ledger", "UPDATE outbox SET payload = convert_to(replace(convert_from(payload, 'UTF8'),"
           " '\"status\":\"sealed\"', '\"status\":\"closed\"'), 'UTF8') WHERE id ="
           " (SELECT min(id) FROM outbox WHERE type = 'trade_ledger.load_sealed.v1')", "from closed to arrived"),
    "I8 filing": ("registry", "UPDATE outbox SET payload = convert_to(replace(convert_from(payload, 'UTF8'),"
                  " '\"status\":\"approved\"', '\"status\":\"exited\"'), 'UTF8') WHERE id ="
                  " (SELECT min(id) FROM outbox WHERE type = 'registry.subject_suspended.v1') - 1"
                  " OR type = 'registry.subject_approved.v1'", "to exited"),
    "I8 start": ("registry", "UPDATE outbox SET type = 'registry.subject_exited.v1' WHERE id ="
           " (SELECT min(id) FROM outbox WHERE topic = 'registry.subjects' AND sequence = 1)",
           "starts with registry.subject_exited.v1"),
    "I9": ("registry", "DELETE FROM audit WHERE id = (SELECT min(id) FROM audit WHERE outcome = 'done')",
           "had 0 effects"),
    "I9 job": ("trade-ledger", "INSERT INTO trade_jobs (id, pilot, role, party_id, operation, sent_by, rows, rows_done,"
               " registered, refused, hidden, body) VALUES (gen_random_uuid(), 'longshui', 'operator',"
               " gen_random_uuid(), 'import_trades', '{}', 9, 5, 5, 0, '[]', '{}')",
               "5 rows are done, its results tell 0"),
    "I9 standstill": ("trade-ledger", "INSERT INTO trade_jobs (id, pilot, role, party_id, operation, sent_by, rows,"
                      " hidden, body, moved_at) VALUES (gen_random_uuid(), 'longshui', 'operator', gen_random_uuid(),"
                      " 'import_trades', '{}', 9, '[]', '{}', now() - interval '1 hour')",
                      "stands still at row 0 of 9"),
    "I10": ("tax-exemption", "UPDATE audit SET actor = 'nobody' WHERE id ="
            " (SELECT audit_id FROM audit_chain WHERE position = 2)", "was changed or moved, or rows between"),
    "I10 cut": ("fx-settlement", "DELETE FROM audit_chain WHERE position = 2",
                "audit_chain positions 2 to 2 are missing"),
    "I10 tail": ("registry", "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE position > 2);"
                 " DELETE FROM audit_chain WHERE position > 2", "was seen before: its end was cut off"),
    "I4 packed": ("trade-ledger", "UPDATE packed_lines SET quantity = quantity - 1 WHERE id ="
                  " (SELECT min(id::text)::uuid FROM packed_lines WHERE quantity > 1)", "was declared with"),
    "I4 limit": ("trade-ledger", "UPDATE policy_parameters SET value = '\"10.00\"'"
                 " WHERE name = 'declaration_limit_usd'", "the limit was 10.00"),
    "I1 sums": ("fx-settlement", "UPDATE trade_rooms SET registered = registered + 1 WHERE trade_id ="
                " (SELECT min(trade_id::text)::uuid FROM trade_rooms)", "registered value in"),
    "I6 rate": ("tax-exemption", "UPDATE return_lines SET exempt_rmb = exempt_rmb + 1 WHERE id ="
                " (SELECT min(id::text)::uuid FROM return_lines)", "at its rate it is"),
    "I6 gone": ("tax-exemption", "UPDATE exemption_items SET departed_fob = departed_fob - 1 WHERE portion_id ="
                " (SELECT min(portion_id::text)::uuid FROM exemption_items)", "is in returns"),
    "I7 party": ("registry", "DELETE FROM subjects WHERE id = (SELECT f.subject_id FROM role_filings f"
                 " WHERE f.role = 'operator' ORDER BY f.subject_id LIMIT 1)", "is nothing of registry's"),
    "I12 digits": ("fx-settlement", "ALTER TABLE journal ALTER COLUMN amount TYPE numeric(18, 2)",
           "journal.amount is NUMERIC(18,2)"),
    "I15 chain": ("trade-ledger", "UPDATE portions SET returned_quantity = quantity + 1 WHERE id ="
                  " (SELECT min(id::text)::uuid FROM portions)", "returned"),
    "I15 slip": ("trade-ledger", "UPDATE portions SET content ="
                 " jsonb_set(content, '{submitted,slip_value}', '\"0.01\"') WHERE id ="
                 " (SELECT min(id::text)::uuid FROM portions"
                 " WHERE slip_currency = declared_currency)",
           "the slip and its differences make"),
    "I15 room": ("fx-settlement", "UPDATE portion_rooms SET matched = matched + 1 WHERE portion_id ="
                 " (SELECT min(portion_id::text)::uuid FROM portion_rooms WHERE NOT frozen)", "its room has"),
    "I12": ("fx-settlement", "ALTER TABLE journal ADD COLUMN guess double precision",
           "journal.guess is double precision"),
    "I15": ("fx-settlement", "UPDATE entitlement_portions SET released = released + 1, collectable = collectable + 1"
            " WHERE portion_id = (SELECT min(portion_id::text)::uuid FROM entitlement_portions)",
           "fx-settlement holds"),
    "I2 applied": ("fx-settlement", "UPDATE consumer_sequences SET sequence = sequence + 1 WHERE topic ="
                   " 'registry.places' AND key = (SELECT min(key) FROM consumer_sequences WHERE topic ="
                   " 'registry.places')", "which ends at"),
    "I2 foreign": ("tax-exemption", "UPDATE consumer_events SET event_id = gen_random_uuid() WHERE ctid ="
                   " (SELECT min(ctid) FROM consumer_events)", "tax-exemption applied "),
    "I2 skipped": ("trade-ledger", "UPDATE consumer_events SET event_id = gen_random_uuid(), skipped = true"
                   " WHERE ctid = (SELECT min(ctid) FROM consumer_events)", "trade-ledger skipped "),
    "I3 list": ("trade-ledger", "UPDATE packing_lists SET status = 'void' WHERE id ="
                " (SELECT min(id::text)::uuid FROM packing_lists WHERE status = 'sealed')", "is packed with 0"),
    "I3 overlap": ("trade-ledger", "UPDATE trade_line_counters SET returned = registered + 1 WHERE line_id ="
                   " (SELECT min(line_id::text)::uuid FROM trade_line_counters)", "its quantities overlap"),
    "I5 export": ("fx-settlement", "UPDATE entitlements SET matched = collectable + tolerance + 1, frozen = false"
                  " WHERE declaration_id = (SELECT min(declaration_id::text)::uuid FROM entitlements)",
                  "declaration"),
    "I5 collector": ("fx-settlement", "UPDATE portion_rooms SET collector_id = gen_random_uuid() WHERE portion_id ="
                     " (SELECT min(portion_id::text)::uuid FROM matches)", "the export names"),
    "I5 account": ("fx-settlement", "UPDATE collections SET account_id = gen_random_uuid() WHERE id ="
                   " (SELECT min(id::text)::uuid FROM collections)", "is none of its party at the bank"),
    "I5 emptied": ("fx-settlement", "UPDATE pass_ons SET account_id = gen_random_uuid() WHERE id ="
                   " (SELECT min(id::text)::uuid FROM pass_ons)", "is owed of account"),
    "I5 owed": ("fx-settlement", "UPDATE payables SET collected = collected + 1 WHERE collected ="
                " (SELECT max(collected) FROM payables)", "of all accounts"),
    "I5 converted": ("fx-settlement", "UPDATE conversions SET account_id = gen_random_uuid() WHERE id ="
                     " (SELECT min(id::text)::uuid FROM conversions)", "holds -"),
    "I5 held": ("fx-settlement", "UPDATE personal_balances SET balance = balance + 1 WHERE balance ="
                " (SELECT max(balance) FROM personal_balances)", "on all accounts"),
    "I5 journal": ("fx-settlement", "UPDATE journal SET amount = amount + 1 WHERE ctid ="
                   " (SELECT min(ctid) FROM journal)", "is off by 1"),
    "I6 twice": ("tax-exemption", "DROP INDEX uq_return_lines_departure; UPDATE return_lines SET"
                 " (portion_id, export_date) = (SELECT portion_id, export_date FROM return_lines ORDER BY id LIMIT 1)"
                 " WHERE id = (SELECT max(id::text)::uuid FROM return_lines)", "stands in 2 returns"),
    "I6 total": ("tax-exemption", "UPDATE exemption_returns SET total_rmb = total_rmb + 1 WHERE id ="
                 " (SELECT min(id::text)::uuid FROM exemption_returns)", "its lines sum to"),
    "I16": ("fx-settlement", "UPDATE subject_copies SET qualifications = jsonb_set(qualifications, '{0,value}',"
            " '\"特\"') WHERE qualifications->0->>'kind' = 'taxpayer_kind'",
            "which is none of its choices"),
    "I17": ("registry", "DROP INDEX uq_administrators_held; INSERT INTO administrators (id, issuer, actor, role, pilot)"
            " SELECT gen_random_uuid(), 'urn:x', 'anna', role, 'longshui' FROM unnest(ARRAY['auditor', 'system']) role",
            "anna administers as auditor and as system"),
    "I16 spelling": ("fx-settlement", "UPDATE collections SET bank_reference = bank_reference || U&'\\200b' WHERE id ="
                     " (SELECT min(id::text)::uuid FROM collections)", "isn't spelled as a new one is"),
    "I15 items": ("tax-exemption", "UPDATE exemption_items SET returned_fob = returned_fob + 1 WHERE portion_id ="
                  " (SELECT min(portion_id::text)::uuid FROM exemption_items)", "tax-exemption holds"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CopiedLayout(Layout):
    """The layout of the sample days with some databases replaced by copies."""

    replaced: dict[str, str] = field(default_factory=dict)

    def database_url(self, database: str) -> str:
        return self.replaced.get(database) or Layout.database_url(self, database)


@pytest.fixture(scope="module")
def still(lived: Lived) -> Iterator[PostgresServer]:
    """All services are down, so that their databases can be copied; this file's tests are the day's last."""
    wait_until_applied(lived.layout.installation)
    # Before the damage nothing is found, so what is found afterwards is the damage.
    assert verify_all(lived.layout.installation) == []
    for service in SERVICES:
        lived.platform.stop_service(service)
    yield lived.platform.postgres
    for service in SERVICES:
        lived.platform.start_service(service)
    lived.platform.wait_ready(lambda line: None)


@contextmanager
def damaged(lived: Lived, still: PostgresServer, service: str, damage: str) -> Iterator[CopiedLayout]:
    """The layout of the sample days with a damaged copy of one service's database."""
    copy = f"copy_of_{package_of(service)}"
    with psycopg.connect(still.dsn(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {copy} TEMPLATE {package_of(service)}")  # type: ignore[arg-type]  # our names
    try:
        with psycopg.connect(still.dsn(copy), autocommit=True) as connection:
            # Triggers and constraints that would refuse the damage are switched off, as in a restore.
            connection.execute("SET session_replication_role = replica")
            for statement in [*_dropped_checks(connection), damage]:
                connection.execute(statement)  # type: ignore[arg-type]  # our statements
        layout = lived.layout
        yield CopiedLayout(layout.folder, layout.bus, layout.ports, {service: still.dsn(copy)})
    finally:
        still.drop_database(copy)


@pytest.mark.parametrize("invariant", sorted(DAMAGES))
def test_verify_names_the_damage(lived: Lived, still: PostgresServer, invariant: str) -> None:
    service, damage, said = DAMAGES[invariant]
    with damaged(lived, still, service, damage) as layout:
        found = INVARIANTS[invariant.split()[0]](layout.installation)
    assert [each for each in found if said in each], found


def test_a_trail_whose_end_was_cut_off_shows_against_the_published_end_alone(
    lived: Lived, still: PostgresServer
) -> None:
    service, damage, _ = DAMAGES["I10 tail"]
    with damaged(lived, still, service, damage) as layout:
        found = INVARIANTS["I10"](replace(layout.installation, audit_heads=None))
    assert len(found) == 1
    assert re.fullmatch(
        r"registry: audit_chain ends at position 2 with audit row \d+,"
        r" but \d+ with audit row \d+ was seen before: its end was cut off",
        found[0],
    )


def test_a_day_that_falls_short_of_its_parties_or_leaves_goods_behind_is_named(
    lived: Lived, still: PostgresServer
) -> None:
    fewer = "UPDATE role_filings SET status = 'exited' WHERE role = 'operator'"
    with damaged(lived, still, "registry", fewer) as layout:
        assert lacking(layout.installation) == ["0 of operator, at least 6 expected"]
    behind = (
        "UPDATE trade_line_counters SET departed = departed - 1 WHERE line_id ="
        " (SELECT min(line_id::text)::uuid FROM trade_line_counters WHERE departed > 1)"
    )
    with damaged(lived, still, "trade-ledger", behind) as layout:
        (named,) = lacking(layout.installation)
    assert named.startswith("trade LS-TR-")
    assert "did not depart" in named


def _dropped_checks(connection: psycopg.Connection[Any]) -> list[str]:
    query = (
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )
    return [row[0] for row in connection.execute(query).fetchall()]
