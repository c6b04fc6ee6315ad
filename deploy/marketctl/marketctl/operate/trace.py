"""`marketctl trace`: the whole flow of an id or number."""

from __future__ import annotations

from urllib.parse import quote

from marketctl.operate.calling import call
from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show


def trace(asked: str, as_json: Json = False) -> None:
    """The whole flow of an id or number as one timeline."""
    found = call(chosen(), "trade-ledger", "GET", f"/v1/trace/{quote(asked, safe='')}", "auditor")
    lines = [
        f"{step['at']}  {step['type']:<46} {step['key']}  "
        + " ".join(f"{name}={value}" for name, value in step["shown"].items())
        for step in found["timeline"]
    ]
    show(found, as_json, "\n".join(lines))
