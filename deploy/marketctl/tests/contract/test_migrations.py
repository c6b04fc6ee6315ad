"""The migrations make the schema that the tables in code describe, and keep the rows that were stored before."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import CheckConstraint, Table

from marketctl.layout import ROOT, SERVICES
from marketctl.services import described
from shared.database import MONEY
from shared.migrations import differences, revision_in, upgrade
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.services import MakeServiceDatabase

FX = ROOT / "services" / "fx-settlement"
CURRENCIES = ("currency", "declared_currency", "trade_currency")
# Amounts whose currency is in another row: that of the collection, the declaration or the portion.
ELSEWHERE = {"advances.amount", "matches.amount", "matches.charges"}


def change(dsn: str, statement: str, *values: object) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement, values)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("ALTER TABLE collections DROP CONSTRAINT ck_collections_amount_digits", "missing: constraint collections.ck"),
        ("ALTER TABLE collections ADD CONSTRAINT small CHECK (amount < 9)", "unexpected: constraint collections.small"),
        ("ALTER TABLE policy_parameters DROP CONSTRAINT pk_policy_parameters", "missing: constraint policy_parameters"),
        ("ALTER TABLE matches DROP CONSTRAINT fk_matches_collection_id_collections", "missing: constraint matches.fk"),
        ("DROP INDEX ix_matches_portion_id", "missing: index CREATE INDEX ix_matches_portion_id"),
        (
            "CREATE INDEX ix_more ON matches USING gin (to_tsvector('simple', rate_id))",
            "unexpected: index CREATE INDEX",
        ),
        ("CREATE TABLE spare (id bigint)", "unexpected: table spare"),
        ("DROP TRIGGER outbox_append_only ON outbox", "missing: trigger outbox.outbox_append_only"),
        (
            "CREATE TRIGGER more BEFORE UPDATE ON holds FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "unexpected: trigger holds.more",
        ),
        ("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'", "unexpected: function more()"),
        ("DROP SEQUENCE hold_numbers", "missing: sequence hold_numbers"),
        ("CREATE SEQUENCE more", "unexpected: sequence more"),
        ("CREATE TYPE more AS ENUM ('a')", "unexpected: type more 'a'"),
    ],
)
def test_a_schema_that_differs_from_the_code_is_reported(
    make_service_database: MakeServiceDatabase, damage: str, said: str
) -> None:
    dsn = make_service_database("fx-settlement")
    change(dsn, damage)
    found = [each for each in differences(FX, dsn) if said in each]
    assert len(found) == 1


# A changed object is reported twice: as missing in its old form, and as unexpected in its new one.
@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        ("ALTER TABLE collections ALTER COLUMN bank_reference TYPE varchar(9)", "column collections.bank_reference"),
        ("ALTER TABLE collections ALTER COLUMN bank_reference DROP NOT NULL", "column collections.bank_reference"),
        ("ALTER TABLE collections ALTER COLUMN bank_reference SET DEFAULT ''", "column collections.bank_reference"),
        (
            "DROP INDEX ix_parked_events_waiting;"
            "CREATE INDEX ix_parked_events_waiting ON parked_events (topic, key) WHERE state = 'released'",
            "index CREATE INDEX ix_parked_events_waiting",
        ),
        ("ALTER TABLE outbox DISABLE TRIGGER outbox_append_only", "trigger outbox.outbox_append_only"),
        (
            "DROP TRIGGER audit_append_only ON audit; CREATE TRIGGER audit_append_only BEFORE DELETE ON audit"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
            "trigger audit.audit_append_only",
        ),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NULL; END $$",
            "function refuse_change()",
        ),
        ("ALTER SEQUENCE hold_numbers CACHE 20", "sequence hold_numbers"),
        ("ALTER SEQUENCE outbox_id_seq CACHE 20", "sequence outbox_id_seq"),
        ("ALTER TABLE holds SET (fillfactor = 50)", "table holds"),
    ],
)
def test_a_changed_object_is_reported_as_missing_and_as_unexpected(
    make_service_database: MakeServiceDatabase, damage: str, kind: str
) -> None:
    dsn = make_service_database("fx-settlement")
    change(dsn, damage)
    found = differences(FX, dsn)
    assert [each.partition(kind)[0] for each in found] == ["missing: ", "unexpected: "]


def test_a_schema_made_by_the_migrations_has_no_difference(make_service_database: MakeServiceDatabase) -> None:
    assert differences(FX, make_service_database("fx-settlement")) == []


def test_a_schema_of_a_later_version_is_refused_in_one_sentence(make_database: MakeDatabase) -> None:
    dsn = make_database()
    assert revision_in(dsn) is None
    upgrade(FX, dsn)
    change(dsn, "UPDATE alembic_version SET version_num = '9999'")
    assert revision_in(dsn) == "9999"
    with pytest.raises(SetupProblem, match="fx-settlement's database has a schema that this version doesn't know"):
        upgrade(FX, dsn)


@pytest.mark.parametrize("service", SERVICES)
def test_every_amount_beside_its_currency_has_the_currencys_digits(service: str) -> None:
    for table in described(service).metadata.sorted_tables:
        if any(currency in table.c for currency in CURRENCIES):
            unchecked = set(_amounts(table)) - _checked(table) - ELSEWHERE
            assert not unchecked, unchecked


def _amounts(table: Table) -> list[str]:
    return [f"{table.name}.{column.name}" for column in table.c if column.type is MONEY]


def _checked(table: Table) -> set[str]:
    named = [str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)]
    return {f"{table.name}.{name.removeprefix(f'ck_{table.name}_').removesuffix('_digits')}" for name in named}


def test_the_database_refuses_an_amount_with_more_digits_than_its_currency_has(make_database: MakeDatabase) -> None:
    dsn = make_database()
    upgrade(FX, dsn)
    insert = "INSERT INTO personal_balances (holder_id, currency, pilot, balance) VALUES (%s, %s, 'longshui', %s)"
    for currency, fits, breaks in (("JPY", "1", "1.5"), ("USD", "1.25", "1.255"), ("KWD", "1.125", "1.1255")):
        change(dsn, insert, uuid4(), currency, fits)
        with pytest.raises(psycopg.errors.CheckViolation):
            change(dsn, insert, uuid4(), currency, breaks)


def test_what_0_1_0_stored_is_kept_and_gets_its_pilot_and_its_date(make_database: MakeDatabase) -> None:
    dsn = make_database()
    upgrade(FX, dsn, "0001")
    subject = uuid4()
    change(dsn, "INSERT INTO grade_copies (subject_id, authority, grade) VALUES (%s, 'safe', 'B')", subject)
    park = (
        'INSERT INTO parked_events (topic, partition, "offset", key, type, headers, value, reason, error)'
        " VALUES ('t', 0, %s, 'k', '', %s, '', 'bad_envelope', '')"
    )
    for offset, headers in enumerate(([["ce_id", "1"], ["ce_pilot", "longshui"]], [])):
        change(dsn, park, offset, json.dumps(headers).encode())
    upgrade(FX, dsn)
    with psycopg.connect(dsn) as connection:
        pilots = connection.execute('SELECT pilot FROM parked_events ORDER BY "offset"').fetchall()
        grades = connection.execute(
            "SELECT subject_id, grade FROM grade_copies WHERE effective_from < now()"
        ).fetchall()
    assert pilots == [("longshui",), (None,)]
    assert grades == [(subject, "B")]
