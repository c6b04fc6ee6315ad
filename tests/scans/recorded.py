"""Which statements the services sent, as their database server wrote them down."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOGGING = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "statements",
    "log_filename": "sent",
    "log_rotation_size": "0",
    "log_rotation_age": "0",
    "log_statement": "all",
    "log_min_messages": "warning",
}
"""Settings of a server that writes down each statement with its values."""

_SENT = re.compile(r"(?:statement|execute [^:]+): (.*)", re.DOTALL)
_VALUE = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')", re.DOTALL)
_PILOT = re.compile(r"set_config\('market\.pilot', \$(\d+)")
_PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """One sending of a statement: the values as SQL, and the pilots that its transaction saw."""

    values: tuple[str, ...]
    pilot: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What one process of a service sends: its role, the connection's name for itself, and the text."""

    service: str
    role: str
    application: str
    text: str


def recorded(data_dir: Path) -> dict[Statement, list[Sample]]:
    """Each statement of a service's process that reads or writes rows, with its first sendings and its last one."""
    found: dict[Statement, list[Sample]] = defaultdict(list)
    pilots: dict[str, str] = {}
    for line in _lines(data_dir / "statements"):
        sent = _SENT.match(line.get("message", ""))
        if sent is None or not line.get("user", "").endswith(("_http", "_worker")):
            continue
        text = sent[1]
        values = tuple(each[1] for each in _VALUE.finditer(line.get("detail", "")))
        if named := _PILOT.search(text):
            pilots[line["session_id"]] = values[int(named[1]) - 1]
        if not _PLANNED.match(text):
            continue
        samples = found[Statement(line["dbname"], line["user"], line.get("application_name", ""), text)]
        del samples[_AT_MOST - 1 :]
        samples.append(Sample(values, pilots.get(line["session_id"], "''")))
    return dict(found)


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.json")):
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                yield json.loads(line)
