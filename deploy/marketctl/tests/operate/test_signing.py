"""`marketctl signing`, and the keys that `make run` makes by itself (F34)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from marketctl.cli import app
from marketctl.embedded.layout import Layout, free_ports
from marketctl.embedded.platform import Platform
from marketctl.layout import SERVICES
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import BusAddress
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.published_keys import read_keys
from shared.messaging.signing import Signer, TrustFile
from shared.workshop.testing.parked_hearer import SERVICE, TOPIC, outgoing, publish
from shared.workshop.testing.servers import MakeDatabase


@pytest.fixture
def bus(make_database: MakeDatabase) -> str:
    """The address of a bus with three events of one key, and of no other topic."""
    address = make_database()

    async def fill() -> None:
        log = EmbeddedBus(address)
        await publish(log, [outgoing("a", n) for n in (1, 2, 3)])
        await log.close()

    asyncio.run(fill())
    return address


def said(words: list[str], status: int, **told: str) -> str:
    done = CliRunner().invoke(app, words, env=told)
    assert done.exit_code == status, (words, done.output, done.exception)
    return done.output


def deployment(bus: str) -> dict[str, str]:
    told = {"MARKET_ENVIRONMENT": "sandbox", "MARKET_BUS": "embedded", "MARKET_BUS_DATABASE_URL": bus}
    for service in SERVICES:
        name = service.upper().replace("-", "_")
        told |= {f"MARKET_{name}_URL": "http://127.0.0.1:9", f"MARKET_{name}_DATABASE_URL": bus}
    return told


def test_keys_are_made_begun_with_and_retired(tmp_path: Path, bus: str) -> None:
    keys, told = tmp_path / "event-keys.json", deployment(bus)
    about = ["--keys", str(keys)]
    made = {}
    for name in (*SERVICES, "next"):
        service = SERVICE if name == "next" else name
        secret = tmp_path / name
        answer = said(["signing", "new", service, "--secret", str(secret), *about, "--json"], 0)
        made[name] = json.loads(answer)["kid"]
        assert secret.stat().st_mode & 0o777 == 0o600
        TrustFile(keys).require_key(Signer(service, secret.read_text()).key)
    assert "never written over" in said(["signing", "new", SERVICE, "--secret", str(tmp_path / "next"), *about], 2)
    assert "services:" in said(["signing", "new", "nobody", "--secret", str(tmp_path / "x"), *about], 2)
    said(["signing", "begin", *about], 0, **told)
    at = outgoing("a", 1).partition
    ends = [3 if n == at else 0 for n in range(6)]
    assert read_keys(keys).unsigned == {TOPIC: ends}
    assert "said once" in said(["signing", "begin", *about], 2, **told)
    said(["signing", "retire", made[SERVICE], *about], 0, **told)
    assert "retired already" in said(["signing", "retire", made[SERVICE], *about], 2, **told)
    assert "lists no key" in said(["signing", "retire", "x", *about], 2, **told)
    assert {key.kid: key.until for key in read_keys(keys).keys if key.until is not None} == {
        made[SERVICE]: {TOPIC: ends}
    }
    away = told | {"MARKET_BUS_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    assert "does not answer" in said(["signing", "retire", made["next"], *about], 3, **away)


def test_a_folder_from_before_signing_notes_how_far_events_are_unsigned(
    tmp_path: Path, bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path / "run", "embedded", free_ports())
    layout.prepare()
    installation = replace(layout.installation, bus=BusAddress("embedded", bus))
    monkeypatch.setattr(Layout, "installation", property(lambda _: installation))
    Platform(layout).publish_keys()
    first = read_keys(layout.event_keys)
    assert sum(first.unsigned[TOPIC]) == 3
    assert [key.service for key in first.keys] == list(SERVICES)
    # Later starts note nothing more, and list a key that took another's place.
    (layout.folder / "secrets" / f"{SERVICE}-signing-key").unlink()
    Platform(layout).publish_keys()
    again = read_keys(layout.event_keys)
    assert again.unsigned == first.unsigned
    assert [key.service for key in again.keys] == [*SERVICES, SERVICE]
    assert set(first.unsigned) <= set(TOPICS)
    signer: Any = Signer(SERVICE, layout.signing_key(SERVICE))
    TrustFile(layout.event_keys).require_key(signer.key)
