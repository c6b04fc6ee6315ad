"""A working morning through the gateway: a pilot is opened, a stall holder is approved, all hear of it."""

from __future__ import annotations

import time
from random import Random
from typing import Any

from engine import NotRun, Project
from people import People

from marketctl.sample.people import credit_code

_FROM = "2026-01-01"
_HEARD_SECONDS = 60
_OFFICER = "commerce"
_LIE = "203.0.113.9"
_GIVE_SUBJECT = """
set -euo pipefail
kcadm() { KC_OPTS=-Xmx96m /opt/keycloak/bin/kcadm.sh "$@" --config /tmp/kcadm --insecure; }
kcadm config credentials --server https://keycloak:8443 --realm master --user admin \\
  --password "$(cat /run/secrets/keycloak-admin-password)"
id=$(kcadm get users -r market-1039 -q "username=$1" -q exact=true --fields id --format csv --noquotes)
kcadm update "users/$id" -r market-1039 --merge -s "attributes.subject_id=[\\"$2\\"]"
rm -f /tmp/kcadm
"""


def refuse_what_must_be_refused(people: People) -> list[str]:
    """Each sentence is something that was tried and refused."""
    wanted = [
        ("no token", people.send("GET", "registry", "/v1/subjects"), (401,)),
        ("an officer without the second factor", people.signed_in("customs", second_factor=False), (400, 401)),
        ("metrics through the gateway", people.send("GET", "registry", "/metrics"), (404,)),
        ("Keycloak's administration through the gateway", people.send("GET", "auth", "/admin/master/console/"), (404,)),
        ("a party on an officer's door", people.call("buyer", "GET", "registry", "/v1/audit"), (403,)),
    ]
    for what, answer, statuses in wanted:
        if answer.status_code not in statuses:
            raise NotRun(f"{what}: expected {statuses}, got {answer.status_code} {answer.text[:300]}")
    return [f"{what}: {answer.status_code}" for what, answer, _ in wanted]


def believe_no_address(people: People) -> str:
    """What a client says of its own address isn't what the audit trail holds; what the trail holds."""
    bank = {"name": "样例经办银行", "connection": "web", "valid_from": _FROM}
    said = {"x-forwarded-for": _LIE, "forwarded": f"for={_LIE}"}
    people.done(_OFFICER, "POST", "registry", "/v1/banks", bank, key="bank:lie", headers=said)
    lines = people.done("auditor", "GET", "registry", "/v1/audit?limit=200")["items"]
    addresses = {line["address"] for line in lines if line.get("address")}
    if not addresses or _LIE in addresses:
        raise NotRun(f"the audit trail holds the addresses {addresses}")
    return ", ".join(sorted(addresses))


def act_for(project: Project, user: str, subject: str) -> None:
    """Say at the identity provider which subject an account is of, as docs/compose.md tells an administrator."""
    said = project.inside("keycloak", "/bin/bash", "-c", _GIVE_SUBJECT, "bash", user, subject, check=False)
    if said.returncode != 0:
        raise NotRun(f"kcadm: {said.returncode} {(said.stdout + said.stderr)[-1500:]}")


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


def approve_a_stall(people: People) -> str:
    """A stall holder files and submits itself; commerce approves it; the id of the subject."""
    stall = {"stall_number": "02-000001", "longitude": "105.740", "latitude": "29.540", "valid_from": _FROM}
    body = {
        "identity": {"kind": "credit_code", "number": credit_code(Random(1), "92"), "country": "CN"},
        "name": "龙水五金商行",
        "role": "stall_holder",
        "qualifications": [
            {"kind": kind, "value": value, "valid_from": _FROM, "source": "compose-check"}
            for kind, value in (("taxpayer_kind", "small_scale"), ("filing_frequency", "month"), ("fx_directory", "A"))
        ],
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
    return str(filed["id"])


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
