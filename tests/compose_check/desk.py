"""A working morning through the gateway: a pilot is opened, a stall holder is approved, all hear of it."""

from __future__ import annotations

import time
from random import Random
from typing import Any

import httpx
from engine import NotRun, Project
from people import People

from marketctl.sample.people import credit_code

_FROM = "2026-01-01"
_HEARD_SECONDS = 60
_OFFICER = "commerce"


def refuse_what_must_be_refused(people: People) -> list[str]:
    """Each sentence is something that was tried and refused."""
    wanted = [
        ("no token", people.send("GET", "registry", "/v1/subjects"), (401,)),
        ("an officer without the second factor", people.signed_in("customs", second_factor=False), (400, 401)),
        ("a stranger's word about its address", _said_address(people), (401,)),
        ("metrics through the gateway", people.send("GET", "registry", "/metrics"), (404,)),
        ("Keycloak's administration through the gateway", people.send("GET", "auth", "/admin/master/console/"), (404,)),
        ("a party on an officer's door", people.call("buyer", "GET", "registry", "/v1/audit-entries"), (403, 404)),
    ]
    for what, answer, statuses in wanted:
        if answer.status_code not in statuses:
            raise NotRun(f"{what}: expected {statuses}, got {answer.status_code} {answer.text[:300]}")
    return [f"{what}: {answer.status_code}" for what, answer, _ in wanted]


def _said_address(people: People) -> httpx.Response:
    return people.send("GET", "registry", "/v1/subjects", headers={"x-forwarded-for": "203.0.113.9"})


def open_the_pilot(people: People) -> None:
    """Pilot, bank, site, port, list: as commerce; nothing of it could be had with less than a token of two factors."""
    pilot: dict[str, Any] = {
        "name": "Longshui hardware market cluster",
        "name_zh": "大足区龙水五金市场集聚区",
        "bounds": [["105.70", "29.50"], ["105.90", "29.50"], ["105.90", "29.70"], ["105.70", "29.70"]],
        "bounds_source": "compose-check",
        "acceptance_gate_open_from": _FROM,
        "customs_offices": ["8012"],
        "number_prefix": "LS",
    }
    people.done(_OFFICER, "POST", "registry", "/v1/pilots", pilot)
    file_a_bank(people, 1)
    site = {"name": "龙水监管场所", "kind": "supervised_site", "operator_name": "样例经营人", "valid_from": _FROM}
    people.done(_OFFICER, "POST", "registry", "/v1/sites", site)
    listed = {"hs_prefix": "82", "verdict": "eligible", "reason": "tools and cutlery", "reason_zh": "龙水五金目录"}
    body = {"kind": "positive", "effective_from": _FROM, "source": "compose-check", "entries": [listed]}
    people.done(_OFFICER, "POST", "registry", "/v1/commodity-lists", body)


def approve_a_stall(people: People) -> None:
    """A stall holder files and submits itself; commerce approves it."""
    stall = {"stall_number": "A-001", "longitude": "105.80", "latitude": "29.60", "valid_from": _FROM}
    body = {
        "identity": {"kind": "uscc", "number": credit_code(Random(1), "92"), "country": "CHN"},
        "name": "龙水五金商行",
        "role": "stall_holder",
        "qualifications": [],
        "stalls": [stall],
    }
    filed = people.done("stall-holder", "POST", "registry", "/v1/subjects", body)
    path = f"/v1/subjects/{filed['id']}/filings/stall_holder"
    for user, verb, said in (
        ("stall-holder", "submissions", {}),
        (_OFFICER, "approvals", {"reason": "documents complete"}),
    ):
        match = {"if-match": f'"{filed["version"]}"'}
        filed = people.done(user, "POST", "registry", f"{path}/{verb}", said, headers=match)


def file_a_bank(people: People, number: int) -> None:
    """One more bank, of which the others hear."""
    bank = {"name": f"样例经办银行{number}", "connection": "web", "valid_from": _FROM}
    people.done(_OFFICER, "POST", "registry", "/v1/banks", bank, key=f"bank:{number}")


def wait_until_heard(project: Project) -> str:
    """The last words of `marketctl verify`, once every event is applied by everybody who hears it."""
    began = time.monotonic()
    while True:
        done = project.operate("verify")
        if done.returncode == 0:
            return done.stdout.strip().splitlines()[-1]
        if time.monotonic() - began > _HEARD_SECONDS:
            raise NotRun(f"verify: {done.returncode} {(done.stdout + done.stderr).strip()[-2000:]}")
        time.sleep(2)
