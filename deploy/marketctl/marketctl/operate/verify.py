"""`marketctl verify`: what must hold over the four databases."""

from __future__ import annotations

import typer

from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from marketctl.verify.findings import verify_settled
from marketctl.verify.flow import resisted


def verify(as_json: Json = False) -> None:
    """Check what must hold over the four databases; exit 1 where something doesn't."""
    market = chosen()
    findings = [str(finding) for finding in verify_settled(market)]
    waiting = resisted(market)
    told = [f"{waiting['parked']} parked, {waiting['released']} released"] if any(waiting.values()) else []
    content = {"ok": not findings, "findings": findings, **waiting}
    show(content, as_json, "\n".join([*(findings or ["ok"]), *told]))
    raise typer.Exit(1 if findings else 0)
