"""Keys rotate beside a running service, from wherever an earlier run was killed; a key in use isn't retired."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from marketctl.operate import resealing
from marketctl.operate.keys import naming, rotate
from marketctl.services import described
from shared.keyring import KeyRing
from shared.sealing import Sealer
from shared.suites import AES, GM, Suite
from shared.workshop.testing.client import SEALING_KEY, Door, open_door
from shared.workshop.testing.former_sealing import former_index, former_value
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

PILOT = {
    "name": "Longshui",
    "name_zh": "龙水",
    "bounds": [["105.730", "29.520"], ["105.770", "29.520"], ["105.770", "29.553"], ["105.730", "29.553"]],
    "bounds_source": "sample",
    "customs_offices": ["8012"],
    "number_prefix": "LS",
}
NEWER = "a-newer-key-of-the-tests"
OLD, BOTH, NEW = KeyRing({"k1": SEALING_KEY}), KeyRing({"k1": SEALING_KEY, "k2": NEWER}), KeyRing({"k2": NEWER})
RESTARTED = {"sealing_keys": SecretStr(f"k2:{NEWER}")}
PERSONS = {
    "H1234567801": ("hk_macao_permit", "HK", "Chan Tai-man"),
    "E12345678": ("passport", "DE", "Erika Mustermann"),
    "11010519491231002X": ("resident_id", "CN", "张小五"),
}
Databases = Mapping[str, psycopg.Connection[Any]]


@pytest.fixture
def dsns(make_service_database: MakeServiceDatabase) -> dict[str, str]:
    return {service: make_service_database(service) for service in ("registry", "trade-ledger", "fx-settlement")}


@pytest.fixture
def databases(dsns: dict[str, str]) -> Iterator[Databases]:
    with ExitStack() as stack:
        yield {service: stack.enter_context(psycopg.connect(dsn)) for service, dsn in dsns.items()}


@pytest.fixture
def opened(dsns: dict[str, str], mint: ServedMint, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def opening(**told: Any) -> AsyncIterator[Door]:
        async with open_door(described("registry").load_service(), dsns["registry"], mint, tmp_path, **told) as door:
            door.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
            yield door

    return opening


def filing(number: str, role: str = "buyer") -> dict[str, Any]:
    kind, country, name = PERSONS[number]
    account = {"kind": "personal_fx_account", "value": "settlement", "valid_from": "2026-01-01"}
    return {
        "identity": {"kind": kind, "number": number, "country": country},
        "name": name,
        "role": role,
        "qualifications": [account | {"account": f"62{number}"}],
    }


async def persons_filed(opened: Any) -> dict[str, str]:
    """The ids of three persons by their numbers."""
    async with opened() as door:
        await door.done("POST", "/v1/pilots", PILOT, actor="commerce:clerk")
        return {
            number: (await door.done("POST", "/v1/subjects", filing(number), actor="commerce:clerk"))["id"]
            for number in PERSONS
        }


def as_left_by_0_1_0(databases: Databases, ids: Mapping[str, str]) -> None:
    """The rows as release 0.1.0 wrote them, its copies in trade-ledger too; the permit's index had its renewal."""
    for number, subject in ids.items():
        kind, country, name = PERSONS[number]
        searched = f"{country if kind == 'passport' else 'CN'}:{kind}:{number}"
        identity = former_value(SEALING_KEY, number, "subject.identity", mask="*", indexed=searched)
        named = former_value(SEALING_KEY, name, "subject.name", mask="*")
        account = former_value(SEALING_KEY, f"62{number}", "subject.account", mask="*")
        held = {**filing(number)["qualifications"][0], "account": account}
        values = [json.dumps(each) for each in (identity, named, [held])]
        databases["registry"].execute(
            "UPDATE subjects SET identity = %s, name = %s, qualifications = %s, identity_index = %s, data_key = NULL"
            " WHERE id = %s",
            [*values, identity["blind_index"], subject],
        )
        databases["registry"].execute(
            "UPDATE subject_versions SET state = state || jsonb_build_object('identity', %s::jsonb, 'name', %s::jsonb,"
            " 'qualifications', %s::jsonb) WHERE subject_id = %s",
            [*values, subject],
        )
        databases["trade-ledger"].execute(
            "INSERT INTO subject_copies (subject_id, pilot, number, identity_index, natural_person, display_name,"
            " roles, stalls, stall_numbers, qualifications, sequence)"
            " VALUES (%s, 'longshui', %s, %s, true, '*', '[]', '[]', '{}', '[]', 1)",
            [subject, number, identity["blind_index"]],
        )
    for each in databases.values():
        each.commit()


async def still_works(door: Door, ids: Mapping[str, str]) -> None:
    """Every person is read, found by name, and known again when it is filed once more."""
    for number, subject in ids.items():
        purpose = {"purpose": "inspection"}
        seen = await door.done("POST", f"/v1/subjects/{subject}/identity-views", purpose)
        assert (seen["identity_number"], seen["name"]) == (number, PERSONS[number][2])
        found = await door.done("GET", f"/v1/subjects?name={PERSONS[number][2]}")
        assert [each["id"] for each in found["items"]] == [subject]
        again = await door.call("POST", "/v1/subjects", filing(number), actor="commerce:clerk")
        assert (again.status_code, again.json()["code"]) == (409, "already_filed")


def the_rest(databases: Databases, key: str) -> dict[str, int]:
    return {place: count for place, count in naming(databases, key).items() if count}


@pytest.mark.parametrize("suite", [AES, GM])
@pytest.mark.parametrize("former", [False, True])
async def test_all_is_sealed_anew_while_the_service_answers_and_the_old_key_may_go(
    opened: Any, databases: Databases, monkeypatch: pytest.MonkeyPatch, suite: Suite, former: bool
) -> None:
    ids = await persons_filed(opened)
    if former:
        as_left_by_0_1_0(databases, ids)
    monkeypatch.setattr(resealing, "BATCH", 1)
    assert the_rest(databases, "k1")["registry subjects"] == 3
    async with opened(**RESTARTED, sealing_suite=suite.name) as door:
        rotating = asyncio.create_task(asyncio.to_thread(rotate, databases, Sealer(BOTH, suite)))
        while not rotating.done():
            await still_works(door, ids)
        assert await rotating == ([], {})
        assert the_rest(databases, "k1") == {}
        path = f"/v1/subjects/{ids['E12345678']}"
        version = (await door.done("GET", path))["version"]
        stated = {**filing("E12345678")["qualifications"][0], "source": "stated again"}
        await door.done("POST", f"{path}/qualifications", stated, version=version)
        assert len((await door.done("GET", path))["qualifications"]) == 1
    async with opened(sealing_key=SecretStr(""), **RESTARTED, sealing_suite=suite.name) as door:
        await still_works(door, ids)
    if former:
        query = "SELECT id, identity_index FROM subjects ORDER BY id"
        copies = "SELECT subject_id, identity_index FROM subject_copies ORDER BY 1"
        assert databases["registry"].execute(query).fetchall() == databases["trade-ledger"].execute(copies).fetchall()


async def test_an_account_that_is_stated_again_under_a_newer_key_stays_one(opened: Any, databases: Databases) -> None:
    """R-FILE-7: its blind index is that of the older key until the keys are rotated."""
    ids = await persons_filed(opened)
    path = f"/v1/subjects/{ids['E12345678']}"
    async with opened(**RESTARTED) as door:
        for source in ("stated again", "and again"):
            version = (await door.done("GET", path))["version"]
            stated = {**filing("E12345678")["qualifications"][0], "source": source}
            await door.done("POST", f"{path}/qualifications", stated, version=version)
        held = (await door.done("GET", path))["qualifications"]
        assert [each["source"] for each in held] == ["and again"]
        assert rotate(databases, Sealer(BOTH)) == ([], {})
        assert the_rest(databases, "k1") == {}


async def test_what_waits_for_commerce_is_sealed_anew_too(opened: Any, databases: Databases) -> None:
    subject = (await persons_filed(opened))["E12345678"]
    path = f"/v1/subjects/{subject}"
    stated = {**filing("E12345678")["qualifications"][0], "account": "6288"}
    async with opened() as door:
        why = {"reason": "checked"}
        await door.done("POST", f"{path}/filings/buyer/submissions", why, version=1, actor="commerce:clerk")
        await door.done("POST", f"{path}/filings/buyer/approvals", why, version=2, actor="commerce:officer")
        party = {"role": "buyer", "subject_id": subject, "actor": "the buyer"}
        await door.done("POST", f"{path}/qualifications", stated, version=3, **party)
    assert the_rest(databases, "k1")["registry subject_amendments"] == 1
    assert rotate(databases, Sealer(BOTH)) == ([], {})
    assert the_rest(databases, "k1") == {}
    async with opened(sealing_key=SecretStr(""), **RESTARTED) as door:
        (waiting,) = (await door.done("GET", "/v1/subject-amendments"))["items"]
        approved = f"/v1/subject-amendments/{waiting['id']}/approvals"
        await door.done("POST", approved, why, version=1, actor="commerce:officer")
        assert len((await door.done("GET", path))["qualifications"]) == 2


@pytest.mark.parametrize("killed_after", range(7))
async def test_a_rotation_that_is_killed_leaves_all_readable_and_the_next_one_ends_it(
    opened: Any, databases: Databases, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    """The last row of a batch is written when it is killed, and the batch isn't committed."""
    ids = await persons_filed(opened)
    as_left_by_0_1_0(databases, ids)
    monkeypatch.setattr(resealing, "BATCH", 2)
    done, reseal = [], resealing._reseal

    def killed(*about: Any) -> None:
        reseal(*about)
        done.append(about)
        if len(done) > killed_after:
            raise KeyboardInterrupt

    monkeypatch.setattr(resealing, "_reseal", killed)
    if killed_after < 6:
        with pytest.raises(KeyboardInterrupt):
            rotate(databases, Sealer(BOTH))
    monkeypatch.setattr(resealing, "_reseal", reseal)
    async with opened(**RESTARTED) as door:
        await still_works(door, ids)
        assert rotate(databases, Sealer(BOTH)) == ([], {})
        await still_works(door, ids)
    assert the_rest(databases, "k1") == {}


async def test_a_row_that_a_request_holds_is_passed_over_and_told(
    opened: Any, databases: Databases, dsns: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await persons_filed(opened)
    monkeypatch.setattr("marketctl.operate.keys._PASSES", 2)
    with psycopg.connect(dsns["registry"]) as request:
        request.execute("SELECT FROM subjects WHERE id = %s FOR UPDATE", [ids["E12345678"]])
        assert rotate(databases, Sealer(BOTH)) == ([], {"registry subjects": 1})
        assert the_rest(databases, "k1") == {"registry subjects": 1}
    assert rotate(databases, Sealer(BOTH)) == ([], {})


async def test_a_value_of_another_row_is_named_and_not_sealed_for_its_new_place(
    opened: Any, databases: Databases
) -> None:
    """A data key moves as little as a value does."""
    ids = await persons_filed(opened)
    registry = databases["registry"]
    taken = "(SELECT {} FROM subjects WHERE id = %s)"
    moved, from_ = ids["E12345678"], ids["H1234567801"]
    registry.execute(f"UPDATE subjects SET name = {taken.format('name')} WHERE id = %s", [from_, moved])
    other = ids["11010519491231002X"]
    registry.execute(f"UPDATE subjects SET data_key = {taken.format('data_key')} WHERE id = %s", [from_, other])
    registry.commit()
    closed, left = rotate(databases, Sealer(BOTH))
    assert left == {}
    assert {UUID(each.split()[1].rstrip(":")) for each in closed} == {UUID(moved), UUID(other)}
    async with opened(**RESTARTED) as door:
        for subject in (moved, other):
            answer = await door.call("POST", f"/v1/subjects/{subject}/identity-views", {"purpose": "inspection"})
            assert answer.status_code == 500
            assert "Chan" not in answer.text


@pytest.mark.parametrize("former", [False, True])
async def test_of_an_erased_person_a_rotation_takes_away_what_history_has_left(
    opened: Any, databases: Databases, former: bool
) -> None:
    """R-DATA-1: a value of 0.1.0 has no data key of its own to destroy; its ciphertext goes here."""
    ids = await persons_filed(opened)
    if former:
        as_left_by_0_1_0(databases, ids)
    gone = ids["E12345678"]
    async with opened() as door:
        await door.done("POST", f"/v1/subjects/{gone}/erasures", {"reason": "asked for"}, version=1)
    # As trade-ledger hears the event, which nobody carries here.
    databases["trade-ledger"].execute("UPDATE subject_copies SET identity_index = '' WHERE subject_id = %s", [gone])
    databases["trade-ledger"].commit()
    left = f"SELECT string_agg(state::text, '') FROM subject_versions WHERE subject_id = '{gone}'"
    assert '"ciphertext": "' in str(databases["registry"].execute(left).fetchone())
    databases["registry"].commit()
    assert rotate(databases, Sealer(OLD)) == ([], {})
    (text,) = databases["registry"].execute(left).fetchone() or ("",)
    databases["registry"].commit()
    assert text.count('"ciphertext": ""') == text.count('"blind_index": ""') == text.count('"ciphertext"') > 5
    assert rotate(databases, Sealer(BOTH)) == ([], {})
    assert the_rest(databases, "k1") == {}


def test_indexes_of_0_1_0_are_of_the_first_key(databases: Databases) -> None:
    databases["trade-ledger"].execute(
        "INSERT INTO subject_copies (subject_id, pilot, number, identity_index, natural_person, display_name, roles,"
        " stalls, stall_numbers, qualifications, sequence) VALUES (gen_random_uuid(), 'longshui', 'SU', %s, true, '*',"
        " '[]', '[]', '{}', '[]', 1)",
        [former_index(SEALING_KEY, "CN:resident_id:1", "subject.identity")],
    )
    assert the_rest(databases, "k1") == {"trade-ledger subject_copies": 1}
    assert the_rest(databases, "k2") == {}
