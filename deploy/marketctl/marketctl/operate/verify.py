"""`marketctl verify`: what must hold over the four databases."""

from __future__ import annotations

from typing import Annotated

import typer

from marketctl.layout import SERVICES
from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from marketctl.verify.audit_heads import forget_head
from marketctl.verify.findings import unfinished, verify_settled
from marketctl.verify.flow import resisted
from shared.vocabulary.errors import SetupProblem

Restored = Annotated[
    list[str] | None, typer.Option(help="a service whose database was restored: its audit trail ends earlier than seen")
]


def verify(restored: Restored = None, as_json: Json = False) -> None:
    """Check what must hold over the four databases; exit 1 where something doesn't, or while events are parked."""
    market = chosen()
    for service in restored or []:
        if service not in SERVICES:
            raise SetupProblem(f"services: {', '.join(SERVICES)}")
        forget_head(market, service)
    findings = [str(finding) for finding in verify_settled(market)]
    open_work, counted = unfinished(market), resisted(market)
    ok = not findings and open_work is None
    told = [*findings, *([open_work] if open_work else []), *(["ok"] if ok else [])]
    if counted["released"]:
        told.append(f"{counted['released']} released")
    if market.audit_heads is None:
        told.append("no ends of the audit trails are kept: MARKET_AUDIT_HEADS names no file")
    if market.event_keys is None:
        told.append("nobody checked who published the ends of the audit trails: MARKET_EVENT_KEYS names no file")
    show({"ok": ok, "finished": open_work is None, "findings": findings, **counted}, as_json, "\n".join(told))
    raise typer.Exit(0 if ok else 1)
