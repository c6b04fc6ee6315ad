"""What was released stays: migrations unchanged, and events that old readers and recorded events still fit (F26)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketctl.contract.releases import (
    Release,
    broken_promises,
    broken_schema,
    hashed_migrations,
    migrated,
    releases,
    shape_of,
)
from marketctl.layout import SERVICES
from shared.workshop.testing.servers import MakeDatabase

TYPE = "trade_ledger.trade_registered.v1"
MIGRATION = "services/registry/migrations/versions/0001_first_schema.py"


@pytest.fixture
def today() -> Release:
    from marketctl.contract.generate import schema_of
    from shared.events.catalogue import EVENT_TYPES

    return Release("9.0.0", "", {}, hashed_migrations(), {}, {TYPE: shape_of(schema_of(EVENT_TYPES[TYPE]))})


def test_the_present_code_keeps_its_own_promises(today: Release) -> None:
    assert broken_promises(today) == []


def test_an_edited_or_deleted_migration_is_named(today: Release) -> None:
    edited = replace(today, migrations={**today.migrations, MIGRATION: "0" * 64, "gone.py": "1" * 64})
    assert broken_promises(edited) == [f"{each} was released and has changed" for each in (MIGRATION, "gone.py")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"/trade/gone": "string"}, "/trade/gone was string and is gone", id="a path that is gone"),
        pytest.param({"/trade/number": "integer!"}, "/trade/number was integer!", id="another type"),
        pytest.param({"/trade/status=lost": "choice"}, "/trade/status=lost was choice and is gone", id="a choice gone"),
        pytest.param({"/trade/number": None}, "/trade/number is newly required", id="newly required"),
    ],
)
def test_an_incompatible_event_is_named(today: Release, change: dict[str, str | None], said: str) -> None:
    shape = {path: kind for path, kind in {**today.events[TYPE], **change}.items() if kind is not None}
    found = broken_promises(replace(today, events={TYPE: shape}))
    assert len(found) == 1
    assert said in found[0]


def test_an_event_type_that_is_gone_is_named(today: Release) -> None:
    found = broken_promises(replace(today, events={"trade_ledger.never.v1": {"/trade": "object!"}}))
    assert found == ["trade_ledger.never.v1: /trade was object! and is gone"]


@pytest.mark.parametrize("release", releases(), ids=lambda release: release.version)
def test_every_recorded_release_is_kept(release: Release) -> None:
    assert broken_promises(release) == []
    assert len(release.commit) == 40


@pytest.mark.parametrize("release", releases(), ids=lambda release: release.version)
@pytest.mark.parametrize("service", SERVICES)
def test_the_migrations_of_a_release_still_make_the_recorded_schema(
    make_database: MakeDatabase, release: Release, service: str
) -> None:
    dsn = migrated(service, release.heads[service], make_database())
    assert broken_schema(release, service, dsn) == []


def test_a_schema_that_differs_from_its_release_is_reported(make_database: MakeDatabase) -> None:
    (release,) = (each for each in releases() if each.version == "0.1.0")
    changed = [line.replace("cache 1", "cache 20") for line in release.schemas["registry"]]
    dsn = migrated("registry", release.heads["registry"], make_database())
    found = broken_schema(replace(release, schemas={"registry": changed}), "registry", dsn)
    assert "registry at 0001: missing: sequence outbox_id_seq bigint" in "".join(found)
