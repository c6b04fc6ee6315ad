"""A log line tells where something failed, and nothing of what it was about (V66)."""

from __future__ import annotations

import json
import subprocess
import sys

_FAIL = """
import logging, structlog
from shared.logging import configure_logging
configure_logging("registry", "INFO")

def inner(name):
    raise KeyError(name)

def outer(name):
    try:
        inner(name)
    except KeyError as error:
        raise ExceptionGroup(f"about {name}", [ValueError(name), RuntimeError(f"{name}!")]) from error

for log in (lambda error: structlog.get_logger().error("unexpected", exc_info=error),
            lambda error: structlog.get_logger().exception("unexpected"),
            lambda error: logging.getLogger("of a library").exception("unexpected")):
    try:
        outer(chr(26607) + chr(21335) + " 6230520480017734415")
    except ExceptionGroup as error:
        log(error)
"""


def test_an_exception_is_logged_by_its_kinds_and_the_code_that_it_passed() -> None:
    ended = subprocess.run([sys.executable, "-c", _FAIL], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert len(lines) == 3
    for line in lines:
        for kind in ("builtins.KeyError", "builtins.ExceptionGroup", "builtins.ValueError", "builtins.RuntimeError"):
            assert kind in line["exception"]
        assert ", in inner" in line["exception"]
        assert ", in outer" in line["exception"]
    assert "6230520480017734415" not in ended.stderr
    assert "柯南" not in ended.stderr
