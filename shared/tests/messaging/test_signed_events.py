"""Only what a topic's owner has signed is applied (F34)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from shared.messaging.bus import Outgoing, Record
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import Wake
from shared.messaging.progress import UNTRUSTED
from shared.messaging.published_keys import PublishedKeys, read_keys
from shared.messaging.rebuild import rebuild
from shared.messaging.signing import (
    KEY_ID,
    NOBODY,
    SIGNATURE,
    SIGNED,
    Distrusted,
    Signer,
    Trust,
    TrustFile,
    new_signing_key,
    signed_bytes,
)
from shared.messaging.worker import run_worker
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.parked_hearer import SERVICE, TOPIC, hear_until, outgoing, publish, release_by_two
from shared.workshop.testing.running import logging_kept
from shared.workshop.testing.signing import KEYS, SIGNERS, TRUST, event_keys_file, signing_key
from shared.workshop.waiting import until

OTHER = {
    "ce_id": "00000000-0000-0000-0000-000000000099", "ce_subject": "another", "ce_sequence": "2",
    "ce_time": "2026-05-14T01:00:00Z", "ce_pilot": "yiwu", "ce_actor": "tax:2",
    "ce_type": "tax_exemption.return_filed.v1",
    "ce_source": "/services/registry", "ce_dataschema": "https://elsewhere.example.org/schema.json",
}  # fmt: skip


def with_headers(record: Outgoing, **changed: str | None) -> Outgoing:
    """The record with other headers under the same signature; None takes one away."""
    told = {**dict(record.headers), **{name: (value or "").encode() for name, value in changed.items()}}
    gone = {name for name, value in changed.items() if value is None}
    return replace(record, headers=[each for each in told.items() if each[0] not in gone])


def unsigned(record: Outgoing) -> Outgoing:
    return with_headers(record, **{SIGNATURE: None, KEY_ID: None})


def signed_by(signer: Signer, record: Outgoing) -> Outgoing:
    plain = unsigned(record)
    return replace(plain, headers=signer.signed(plain.headers, plain.value))


def as_read(record: Outgoing, offset: int = 0) -> Record:
    return Record(record.topic, record.partition, offset, record.key, record.value, record.headers)


def reason(trust: Trust, record: Outgoing, offset: int = 0) -> str | None:
    try:
        trust.require_signed(as_read(record, offset))
    except Distrusted as found:
        return found.reason
    return None


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_is_for_one_event_only(name: str) -> None:
    event = outgoing("a", 1)
    assert reason(TRUST, event) is None
    assert reason(TRUST, with_headers(event, **{name: OTHER[name]})) == "bad_signature"
    assert reason(TRUST, replace(event, value=event.value.replace(b"waived", b"levied"))) == "bad_signature"


def test_no_two_events_are_signed_alike() -> None:
    told = {name: b"1" for name in SIGNED}
    made = {signed_bytes(list(told.items()), b"1")}
    for one, next_one in pairwise(SIGNED):
        moved = {**told, one: b"", next_one: b"11"}
        made.add(signed_bytes(list(moved.items()), b"1"))
    made.add(signed_bytes(list({**told, SIGNED[-1]: b""}.items()), b"11"))
    assert len(made) == len(SIGNED) + 1


def test_whose_signature_counts() -> None:
    event, stranger, other = outgoing("a", 1), Signer(SERVICE, new_signing_key()), SIGNERS["registry"]
    assert reason(TRUST, unsigned(event)) == "unsigned"
    assert reason(TRUST, signed_by(stranger, event)) == "unknown_key"
    assert reason(TRUST, signed_by(other, event)) == "unknown_key"
    # Another's signature under the owner's key id, a damaged one, none at all, and one that is no text.
    forged = dict(signed_by(stranger, event).headers)[SIGNATURE].decode()
    for false in (forged, forged[:-2], "", "é", "A" * 86):
        assert reason(TRUST, with_headers(event, **{SIGNATURE: false})) == "bad_signature"
    assert reason(NOBODY, event) == "unknown_key"
    twice = Trust(KEYS.adding(stranger.key))
    assert [reason(twice, each) for each in (event, signed_by(stranger, event))] == [None, None]


@pytest.mark.parametrize(("offset", "told"), [(6, None), (7, "refused"), (8, "refused")])
def test_what_is_old_counts_up_to_the_noted_offset_of_its_partition(offset: int, told: str | None) -> None:
    event = outgoing("a", 1)
    ends = [7 if n == event.partition else 0 for n in range(6)]
    before_signing = Trust(KEYS.model_copy(update={"unsigned": {TOPIC: ends}}))
    assert reason(before_signing, unsigned(event), offset) == (told and "unsigned")
    retired = SIGNERS[SERVICE].key.model_copy(update={"until": {TOPIC: ends}})
    assert reason(Trust(PublishedKeys(keys=(retired,))), event, offset) == (told and "unknown_key")
    # Of a partition or topic that wasn't noted nothing is old.
    for noted in ({"registry.subjects": ends}, {TOPIC: []}):
        assert reason(Trust(KEYS.model_copy(update={"unsigned": noted})), unsigned(event)) == "unsigned"


async def test_what_the_owner_did_not_sign_is_parked_and_never_applied(log: Any, make_hearer: Any) -> None:
    hearer, alarms = make_hearer(log), UNTRUSTED.labels("fx-settlement")
    before = alarms._value.get()
    stranger = Signer(SERVICE, new_signing_key())
    false = {
        "unsigned": unsigned(outgoing("k1", 1)),
        "unknown_key": signed_by(stranger, outgoing("k2", 1)),
        "bad_signature": replace(outgoing("k3", 1), value=outgoing("k3", 1, "another").value),
        "forged_source": outgoing("k4", 1, source="registry"),
        "bad_envelope": replace(outgoing("k5", 1), headers=[*outgoing("k5", 1).headers, ("ce_actor", b"tax:2")]),
    }
    await publish(log, [*false.values(), outgoing("k1", 1), outgoing("good", 1)])
    # The owner's own event of a key waits behind the false one.
    await hear_until(hearer, effects=1, parked=len(false) + 1)
    waiting = await hearer.parked()
    assert sorted(row.reason for row in waiting) == sorted([*false, "behind"])
    assert alarms._value.get() - before == 4
    for row in waiting:
        assert await hearer.retry(row.id) == 0
    # Released, it takes no sequence: the owner's event is applied.
    first = next(row for row in waiting if row.reason == "unsigned")
    await release_by_two(hearer, first.id)
    assert await hearer.effects() == 2
    lived = await hearer.state()
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert await hearer.state() == lived


async def test_events_from_before_signing_are_read_retried_and_rebuilt(
    log: Any, make_hearer: Any, tmp_path: Path
) -> None:
    hearer = make_hearer(log)
    file = event_keys_file(tmp_path)
    trust = TrustFile(file)
    plain = hearer.subscriptions
    hearer.subscriptions = lambda: plain().believing(trust)
    await publish(log, [unsigned(outgoing("a", 1)), unsigned(outgoing("a", 2))])
    # Nobody has noted how far events are unsigned.
    await hear_until(hearer, effects=0, parked=2)
    ends = {TOPIC: [end for _, end in sorted((await log.ends([TOPIC])).items())]}
    KEYS.model_copy(update={"unsigned": ends}).save(file)
    assert await hearer.retry((await hearer.parked())[0].id) == 2
    await publish(log, [outgoing("a", 3), unsigned(outgoing("a", 4)), unsigned(outgoing("b", 1))])
    await hear_until(hearer, effects=3, parked=2)
    lived = await hearer.state()
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert await hearer.state() == lived


async def test_a_new_key_is_taken_up_while_the_reader_runs(log: Any, make_hearer: Any, tmp_path: Path) -> None:
    hearer, file = make_hearer(log), event_keys_file(tmp_path)
    trust, wake = TrustFile(file), Wake(hearer.engine, "fx-settlement")
    heard = hearer.subscriptions().believing(trust)
    consumer, stop = Consumer(hearer.engine, hearer.side.messaging, log, heard, wake), asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))

    def has(count: int) -> Callable[[], Any]:
        async def reached() -> bool:
            return bool(await hearer.effects() == count)

        return reached

    await publish(log, [outgoing("a", 1)])
    await until(has(1))
    following = Signer(SERVICE, new_signing_key())
    KEYS.adding(following.key).save(file)
    await publish(log, [signed_by(following, outgoing("a", 2)), outgoing("a", 3)])
    await until(has(3))
    # What can't be read changes nothing, and is said.
    file.write_text('{"keys": [{}]}')
    await publish(log, [signed_by(following, outgoing("a", 4))])
    await until(has(4))
    assert trust.trouble is not None
    assert "content is wrong: keys/0/x" in trust.trouble
    file.unlink()
    await publish(log, [outgoing("a", 5)])
    await until(has(5))
    assert trust.trouble is not None
    assert "can't be read" in trust.trouble
    stop.set()
    await task
    await wake.close()
    assert not await hearer.parked()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": "AAAA"}, "keys/0 x is no Ed25519 key"),
        ({"kid": "1"}, "keys/0 kid is not the key's thumbprint"),
        ({"kty": "RSA"}, "keys/0/kty Input should be 'OKP'"),
    ],
)
def test_a_file_of_keys_that_is_wrong_is_refused_with_the_place(tmp_path: Path, change: Any, said: str) -> None:
    file = event_keys_file(tmp_path)
    assert read_keys(file) == KEYS
    content = json.loads(file.read_text())
    content["keys"][0].update(change)
    file.write_text(json.dumps(content))
    with pytest.raises(SetupProblem, match="EVENT_KEYS names") as found:
        read_keys(file)
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("private", "keys", "said"),
    [
        (None, KEYS, "the setting EVENT_SIGNING_KEY is missing"),
        ("a word", KEYS, "EVENT_SIGNING_KEY is no private key in PEM"),
        (signing_key("registry"), KEYS, "which EVENT_KEYS doesn't list for tax-exemption"),
        (
            signing_key(SERVICE),
            PublishedKeys(keys=(SIGNERS[SERVICE].key.model_copy(update={"until": {TOPIC: [1]}}),)),
            "which EVENT_KEYS says is retired",
        ),
    ],
)
def test_a_worker_whose_events_nobody_would_believe_does_not_start(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    private: str | None,
    keys: PublishedKeys,
    said: str,
    make_side: Any,
) -> None:
    file = tmp_path / "event-keys.json"
    keys.save(file)
    side = make_side()
    settings = ServiceSettings(
        environment="sandbox", database_url=SecretStr(side.dsn), bus_database_url=SecretStr(side.dsn),
        issuer="i", jwks_url="j", sealing_key=SecretStr("k"), actor_key=SecretStr("a"), event_keys=file,
        event_signing_key=private,
    )  # fmt: skip
    heard = side.subscriptions()
    heard.service = SERVICE
    with logging_kept():
        assert run_worker(settings, side.messaging, heard) == 2
    assert said in capfd.readouterr().err
