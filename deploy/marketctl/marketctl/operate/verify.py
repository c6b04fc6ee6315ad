"""`marketctl verify`: what must hold over the four databases."""

from __future__ import annotations

import typer

from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from marketctl.verify.findings import unfinished, verify_settled
from marketctl.verify.flow import resisted


def verify(as_json: Json = False) -> None:
    """Check what must hold over the four databases; exit 1 where something doesn't, or while events are parked."""
    market = chosen()
    findings = [str(finding) for finding in verify_settled(market)]
    open_work, counted = unfinished(market), resisted(market)
    ok = not findings and open_work is None
    told = [*findings, *([open_work] if open_work else []), *(["ok"] if ok else [])]
    if counted["released"]:
        told.append(f"{counted['released']} released")
    if market.audit_heads is None:
        told.append("the ends of the audit trails are not compared: MARKET_AUDIT_HEADS names no file")
    show({"ok": ok, "finished": open_work is None, "findings": findings, **counted}, as_json, "\n".join(told))
    raise typer.Exit(0 if ok else 1)
