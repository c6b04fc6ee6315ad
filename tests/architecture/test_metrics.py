"""An alarm rests on increases: a counter whose series is born with its first incident has none."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import product

import pytest

from marketctl.layout import ROOT, SERVICES
from marketctl.services import described

_STARTED = """
import sys
from importlib import import_module
from typing import Any, cast

from prometheus_client import generate_latest

from marketctl.layout import package_of
from marketctl.services import described
from shared.database import make_engine
from shared.http.edge import Edge
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Relay

for service in sys.argv[1:]:
    nothing = cast(Any, None)
    url = "postgresql://nobody@127.0.0.1:1/none"
    heard = described(service)
    Relay(service, url, nothing, nothing, nothing)
    Consumer(make_engine(url), heard.messaging, nothing, heard.subscriptions, nothing)
    Edge(nothing, application=import_module(f"{package_of(service)}.app").app, service=service)
sys.stdout.write(generate_latest().decode())
"""


def _counters() -> set[str]:
    """The name of every counter in the code."""
    found = set()
    for file in [*ROOT.glob("shared/shared/**/*.py"), *ROOT.glob("services/*/*/**/*.py")]:
        tree = ast.parse(file.read_text("utf-8"))
        imported = any(isinstance(n, ast.ImportFrom) and n.module == "prometheus_client" for n in ast.walk(tree))
        for node in ast.walk(tree) if imported else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Counter":
                found.add(ast.literal_eval(node.args[0]))
    return found


@pytest.fixture(scope="module")
def shown() -> list[str]:
    """The metrics of all services' processes before they have done anything."""
    started = [sys.executable, "-c", _STARTED, *SERVICES]
    return subprocess.run(started, capture_output=True, text=True, check=True).stdout.splitlines()


def _counts_nothing(counter: str, service: str) -> bool:
    """Whether a service that hears all of its topics has no type to count."""
    return counter == "consumer_not_heard_total" and not described(service).subscriptions.not_heard()


def test_every_counter_of_every_service_is_there_before_anything_was_counted(shown: list[str]) -> None:
    counters = _counters()
    assert {"consumer_gaps_total", "http_requests_total"} <= counters
    zeros = [line for line in shown if line.endswith(" 0.0")]
    missing = [
        f"{name} of {service}"
        for name, service in product(counters, SERVICES)
        if not any(line.startswith(f"{name}{{") and f'service="{service}"' in line for line in zeros)
        and not _counts_nothing(name, service)
    ]
    assert missing == []


def test_a_failure_of_any_operation_and_an_event_of_any_known_type_have_their_series(shown: list[str]) -> None:
    for series in (
        'http_requests_total{operation="register_trade",service="trade-ledger",status="500"}',
        'http_requests_total{operation="",service="trade-ledger",status="503"}',
        'consumer_applied_total{service="trade-ledger",type="registry.pilot_changed.v1"}',
    ):
        assert f"{series} 0.0" in shown
