"""`marketctl reconcile`: what database and bus lack of each other, and bringing them together by two persons."""

from __future__ import annotations

import hashlib
import time
from typing import Annotated, Any

import typer

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.operate.calling import call
from marketctl.operate.chosen import chosen, is_deployed
from marketctl.operate.terminal import Json, show
from shared.vocabulary.errors import SetupProblem

_PATIENCE_SECONDS = 300
_SHOWN = 20
Digest = Annotated[str | None, typer.Option(help="the digest that the preview printed: do what it says")]
Person = Annotated[str | None, typer.Argument(help="who decides, where `make run` gives the token")]


def reconcile(person: Person = None, apply: Digest = None, as_json: Json = False) -> None:
    """Show what database and bus lack of each other; with --apply DIGEST propose it, or as a second person confirm."""
    market = chosen()
    found = {service: call(market, service, "GET", "/v1/reconciliation", "system") for service in SERVICES}
    turn = _turn(found)
    digest = _digest_of(turn)
    if apply is None:
        show({"digest": digest, "services": found}, as_json, "\n".join(_told(found, turn, digest)))
        raise typer.Exit(1 if any(each["standing"] for each in found.values()) else 0)
    if person is None and not is_deployed():
        raise SetupProblem("who are you? give your name: marketctl reconcile anna --apply DIGEST")
    if digest != apply:
        raise SetupProblem("the plan is another by now: run `marketctl reconcile` and look at it again")
    _approve(market, turn, person, as_json)


def _turn(found: dict[str, Any]) -> dict[str, Any]:
    """The services whose turn it is: who lost topics of their own writes them before others read them again."""
    planned = {service: each for service, each in found.items() if each["standing"] and each["plan"]}
    owners = {service: each for service, each in planned.items() if each["plan"]["topics_written_again"]}
    return owners or planned


def _digest_of(turn: dict[str, Any]) -> str | None:
    if not turn:
        return None
    lines = "\n".join(f"{service} {each['digest']}" for service, each in sorted(turn.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _told(found: dict[str, Any], turn: dict[str, Any], digest: str | None) -> list[str]:
    lines = []
    for service, each in found.items():
        if not each["standing"]:
            lines.append(f"{service}: database and bus agree")
            continue
        lines += [f"{service}: {reason}" for reason in each["standing"].values()]
        if each["plan"] is None:
            lines.append("  no plan yet: the worker makes it when it runs and every topic that it reads is there")
        else:
            lines += [f"  {line}" for line in _planned(each["plan"])]
            lines += [] if service in turn else ["  later: after the services that write lost topics again"]
        if each["previewed_by"]:
            lines.append(f"  proposed by {each['previewed_by']}, confirmed by {each['confirmed_by'] or 'nobody yet'}")
    if digest:
        lines.append(f"to do this, two persons run: marketctl reconcile NAME --apply {digest}")
    return lines


def _planned(plan: dict[str, Any]) -> list[str]:
    lines = []
    for name, said in (
        ("beyond_the_outbox", "on the topics, not in the database: taken in as history, named as lost acts"),
        ("never_carried", "in the database, not on the topics: carried"),
    ):
        events = plan[name]
        lines += [f"{len(events)} events {said}"] if events else []
        lines += [
            f"  {each['event_id']}  {each['type']}  {each['key']} #{each['sequence']}  {each['occurred_at']}"
            for each in events[:_SHOWN]
        ]
        lines += [f"  and {len(events) - _SHOWN} more (--json shows all)"] if len(events) > _SHOWN else []
    lines += [f"  {line}" for line in _fates(plan.get("lost_aggregates", []))]
    lines += [f"{topic}: written again, {count} events" for topic, count in plan["topics_written_again"].items()]
    lines += ["the relay's cursor is written again"] if plan["cursor_lost"] else []
    lines += [f"{topic}: read again from its beginning; repeats are skipped" for topic in plan["topics_read_again"]]
    lines += [f"{plan['foreign_records']} records on its topics are not this service's: left"] * bool(
        plan["foreign_records"]
    )
    return lines or ["nothing is missing on either side: only the refusal is lifted"]


def _fates(aggregates: list[dict[str, Any]]) -> list[str]:
    """What becomes of each aggregate with lost events; those that nothing is said of are named in full."""
    lines = []
    for fate, told in (
        ("said_anew", "said anew as the database knows them"),
        ("ended", "ended: the database has none"),
    ):
        these = [each for each in aggregates if each["fate"] == fate]
        lines += [f"{len(these)} aggregates {told}"] if these else []
        lines += [f"  {each['key']}  {' '.join(each['said'])}" for each in these[:_SHOWN]]
        lines += [f"  and {len(these) - _SHOWN} more (--json shows all)"] if len(these) > _SHOWN else []
    return lines + [
        f"{each['key']}  {each['type']}: nothing is said of it, {each['why']}"
        for each in aggregates
        if each["fate"] == "named"
    ]


def _approve(market: Installation, turn: dict[str, Any], person: str | None, as_json: bool) -> None:
    as_whom = {"actor": person} if person else {}
    states = {}
    for service, each in turn.items():
        body = {"digest": each["digest"]}
        states[service] = call(market, service, "POST", "/v1/reconciliation/approvals", "system", body, **as_whom)[
            "state"
        ]
    for service in [service for service, state in states.items() if state == "confirmed"]:
        states[service] = _lifted(market, service, turn[service]["digest"])
    show(states, as_json, "\n".join(f"{service}: {state}" for service, state in states.items()))
    raise typer.Exit(0 if set(states.values()) <= {"proposed", "reconciled"} else 1)


def _lifted(market: Installation, service: str, digest: str) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        now = call(market, service, "GET", "/v1/reconciliation", "system")
        if not now["standing"]:
            return "reconciled"
        if now["digest"] not in (None, digest):
            return "the plan was outdated when it was confirmed: look at the new one"
        time.sleep(0.5)
    return "confirmed; not carried out yet: look at the worker's log"
