"""Writes what is derived from code: AsyncAPI 3, event schemas, OpenAPI, access tables, event flow, reference."""

from __future__ import annotations

import json
from typing import Any

from marketctl.contract.reference import reference_pages
from marketctl.contract.references import dangling
from marketctl.layout import ROOT, SERVICES
from marketctl.services import described
from shared.events.catalogue import EVENT_TYPES, TOPICS
from shared.events.contract import asyncapi, schema_of
from shared.events.lifecycles import LIFECYCLES
from shared.http.identity import ROLES


def generate_all(*, write: bool) -> list[str]:
    """Generate every file; the names of those that were not as they should be, and references that lead nowhere."""
    documents = {
        "docs/asyncapi.json": asyncapi(),
        **{f"docs/events/{name}.json": schema_of(event) for name, event in EVENT_TYPES.items()},
        **{f"docs/openapi/{service}.json": openapi_of(service) for service in SERVICES},
    }
    wanted = {
        "docs/access.md": access_page(),
        "docs/event-flow.md": event_flow(),
        "docs/lifecycles.md": lifecycles(),
        **reference_pages(),
        **{name: _json(document) for name, document in documents.items()},
    }
    folders = (ROOT / "docs" / "events", ROOT / "docs" / "openapi")
    present = {str(file.relative_to(ROOT)) for folder in folders if folder.is_dir() for file in folder.iterdir()}
    stale = sorted(present - set(wanted))
    for name, text in wanted.items():
        file = ROOT / name
        if not file.exists() or file.read_text("utf-8") != text:
            stale.append(name)
            if write:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
    if write:
        for name in present - set(wanted):
            (ROOT / name).unlink()
    return stale + [f"{name}: {each}" for name, document in documents.items() for each in dangling(document)]


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def openapi_of(service: str) -> dict[str, Any]:
    """A service's OpenAPI document."""
    document: dict[str, Any] = described(service).load_app().openapi()
    return document


def access_page() -> str:
    """Who may call what, as a page."""
    lines = [
        "# Who may call what",
        "",
        "Generated from the access tables; an endpoint without an entry fails at import.",
    ]
    for service in SERVICES:
        table = described(service).access
        lines += ["", f"## {service}", "", "| operation | roles | sees |", "|---|---|---|"]
        for operation in sorted(table):
            permitted = table[operation]
            roles = "every role" if len(permitted.roles) == len(ROLES) else ", ".join(sorted(permitted.roles))
            newcomers = "; also a party that isn't filed yet" if permitted.newcomers else ""
            ended = "; also a party whose filing has ended" if permitted.also_ended else ""
            lines.append(f"| {operation} | {roles} | {permitted.sees}{newcomers}{ended} |")
    return "\n".join(lines) + "\n"


def event_flow() -> str:
    """Publisher, topic, events, consumers, as a page."""
    heard = {service: {event.TYPE for event in described(service).subscriptions.events()} for service in SERVICES}
    lines = ["# Event flow", "", "Generated from the catalogue and the services' subscriptions.", ""]
    lines += ["| event | topic | announced by | heard by |", "|---|---|---|---|"]
    for name, event in sorted(EVENT_TYPES.items()):
        by = ", ".join(service for service in SERVICES if name in heard[service]) or "outside readers"
        lines.append(f"| `{name}` | `{event.TOPIC}` | {TOPICS[event.TOPIC].owner} | {by} |")
    lines += ["", "## Read and not heard", ""]
    lines += ["A service that reads a topic counts what nothing there hears (`consumer_not_heard_total`).", ""]
    lines += ["| service | events |", "|---|---|"]
    for service in SERVICES:
        not_heard = ", ".join(f"`{event.TYPE}`" for event in described(service).subscriptions.not_heard())
        lines.append(f"| {service} | {not_heard or '–'} |")
    return "\n".join(lines) + "\n"


def lifecycles() -> str:
    """The published state tables as a page."""
    lines = [
        "# States and what may follow them",
        "",
        "Generated from `shared/shared/events/lifecycles.py`; I8 of verify.",
    ]
    for kind, table in LIFECYCLES.items():
        lines += ["", f"## {kind}", "", "| state | may be followed by |", "|---|---|"]
        lines += [
            f"| {state or '(begins)'} | {', '.join(sorted(then - {state})) or '–'} |" for state, then in table.items()
        ]
    return "\n".join(lines) + "\n"
