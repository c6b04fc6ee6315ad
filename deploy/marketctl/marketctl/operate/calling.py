"""Calls a service of an installation, as a role."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import typer

from marketctl.installation import Installation, NoAnswer
from marketctl.layout import SERVICES
from shared.vocabulary.errors import SetupProblem

_PATIENCE_SECONDS = 30


def call(market: Installation, service: str, method: str, path: str, role: str, body: Any = None, **party: str) -> Any:
    """One call of a running service, its JSON answer; exit 1 with the problem where it refuses."""
    if service not in SERVICES:
        raise SetupProblem(f"services: {', '.join(SERVICES)}")
    headers = {"authorization": "Bearer " + market.token(role, party), "idempotency-key": str(uuid4())}
    at = market.url(service)
    try:
        answer = httpx.request(
            method, at + path, json=body, headers=headers, trust_env=not market.is_local, timeout=_PATIENCE_SECONDS
        )
    except httpx.TransportError as error:
        raise market.silent(f"{service} at {at}") from error
    try:
        content = answer.json()
        breaches = content["errors"] if answer.is_error else []
    except (ValueError, LookupError, TypeError) as error:
        raise NoAnswer(f"what answers at {at} is not {service} (status {answer.status_code})") from error
    for breach in breaches:
        where = f" ({breach['pointer']})" if breach["pointer"] else ""
        typer.echo(f"{breach['code']}{where}: {breach['message']} · {breach['message_zh']}", err=True)
    if answer.is_error:
        raise typer.Exit(1)
    return content
