"""Filing: places, lists, rates, subjects, agreements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marketctl.sample.story import Story

_FROM = "2026-01-01"
_OFFICER = {"role": "commerce", "actor": "commerce:officer"}
_OF_CLERK = "SH001"
_CLERK = {"role": "stall_holder", "actor": f"account:{_OF_CLERK}:clerk"}
_POSITIVE = {
    "82": "tools and cutlery",
    "83": "base-metal goods",
    "73": "articles of iron or steel",
    "84": "machinery",
    "85": "electrical goods",
    "39": "plastic goods",
    "68": "abrasives",
    "90": "measuring tools",
    "94": "lamps",
    "96": "brushes",
}


def file_everything(story: Story) -> None:
    """Pilot, banks, site, port, lists and rates; then every subject and agreement of the workbooks."""
    _file_places(story)
    _publish_lists(story)
    _import_rates(story)
    for row in story.rows("filings", "主体备案"):
        _file_subject(story, row)
    for row in story.rows("agreements", "委托代理出口"):
        _agree(story, "export-agencies", row, {"collector": row["收汇方"], "exemption_filer": row["免税申报方"]})
    for row in story.rows("agreements", "委托采购"):
        _agree(story, "procurement-agencies", row, {"entrusted_goods": row["委托货物"]})
    _let_a_clerk_read(story)
    for ref, subject in story.subjects.items():
        if story.roles[ref] == "operator" or ref >= "SH056":
            grade = {"grade": "A", "effective_from": _FROM, "reason": "sample: public rating"}
            path = f"/v1/subjects/{subject['id']}/credit-grades"
            story.callers.done("POST", "registry", path, grade, role="customs", key=f"grade:{ref}")


def _bounds() -> list[list[str]]:
    """The pilot's corners as they stand in the file; GeoJSON repeats the first at the end."""
    shape = json.loads(Path(__file__).with_name("bounds_sample.geojson").read_text("utf-8"), parse_float=str)
    ring: list[list[str]] = shape["geometry"]["coordinates"][0]
    return ring[:-1]


def _file_places(story: Story) -> None:
    call = story.callers.done
    pilot = {
        "name": "Longshui hardware market cluster",
        "name_zh": "大足区龙水五金市场集聚区",
        "bounds": _bounds(),
        "bounds_source": "sample",
        "acceptance_gate_open_from": _FROM,
        "customs_offices": ["8012"],
        "number_prefix": "LS",
    }
    call("POST", "registry", "/v1/pilots", pilot, **_OFFICER)
    for number, connection in (("1", "interface"), ("2", "web")):
        bank = {"name": f"样例经办银行{number}", "connection": connection, "valid_from": _FROM}
        story.banks[number] = call("POST", "registry", "/v1/banks", bank, key=f"bank:{number}", **_OFFICER)["id"]
    site = {"name": "龙水监管场所", "kind": "supervised_site", "operator_name": "样例经营人", "valid_from": _FROM}
    story.site = call("POST", "registry", "/v1/sites", site, **_OFFICER)["id"]
    port = {"port_code": "8011", "name": "样例口岸", "valid_from": _FROM}
    call("POST", "registry", "/v1/ports", port, **_OFFICER)


def _publish_lists(story: Story) -> None:
    positive = [
        {"hs_prefix": prefix, "verdict": "eligible", "reason": reason, "reason_zh": "龙水五金目录（样例）"}
        for prefix, reason in _POSITIVE.items()
    ]
    negative = [
        {"hs_prefix": "93", "verdict": "not_eligible", "reason": "arms and parts", "reason_zh": "武器及其零件禁止"},
        {
            "keywords": ["仿真枪", "imitation firearm"],
            "verdict": "not_eligible",
            "reason": "imitation firearms",
            "reason_zh": "仿真枪禁止出口",
        },
    ]
    for kind, entries in (("positive", positive), ("negative", negative)):
        body = {"kind": kind, "effective_from": _FROM, "source": "sample", "entries": entries}
        story.callers.done("POST", "registry", "/v1/commodity-lists", body, key=f"list:{kind}", **_OFFICER)


def _import_rates(story: Story) -> None:
    for currency, rate in (("USD", "6.98"), ("EUR", "8.02")):
        customs = {"month": "2026-05-01", "currency": currency, "cny_per_unit": rate, "source": "sample"}
        _publish(story, "trade-ledger", "/v1/customs-rates", customs, f"customs-rate:{currency}", "customs")
        for day in ("2026-05-01", "2026-05-13"):
            middle = {"day": day, "currency": currency, "cny_per_unit": rate, "source": "sample"}
            _publish(story, "tax-exemption", "/v1/middle-rates", middle, f"middle-rate:{currency}:{day}", "tax")


def _publish(story: Story, service: str, path: str, body: dict[str, Any], key: str, role: str) -> None:
    """One person of an office imports, a second one confirms."""
    entry = story.callers.done("POST", service, path, body, role=role, key=key)
    confirmation, second = f"{path}/{entry['id']}/confirmations", {"role": role, "actor": f"{role}:2"}
    story.callers.done("POST", service, confirmation, {}, key=f"{key}:confirmed", **second)


def _body(story: Story, row: dict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "identity": {"kind": row["证件类型"], "number": row["证件号码"], "country": row["国别"]},
        "name": row["名称"],
        "role": row["角色"],
        "qualifications": [
            {"kind": kind, "value": value, "valid_from": _FROM, "source": "sample"}
            for kind, _, value in (each.partition("=") for each in row["资质"].split(";") if each)
        ],
    }
    if row["开户行"]:
        personal = row["证件类型"] == "resident_id"
        account = {
            "kind": "personal_fx_account" if personal else "fx_account",
            "value": "yes",
            "valid_from": _FROM,
            "source": "sample",
            "bank_id": story.banks[row["开户行"]],
            "account": f"6222{row['序号']}",
        }
        body["qualifications"].append(account)
    if row["商户"]:
        stall = {"stall_number": row["商户"], "longitude": row["经度"], "latitude": row["纬度"], "valid_from": _FROM}
        body["stalls"] = [stall]
    return body


def _file_subject(story: Story, row: dict[str, str]) -> None:
    ref, role, expected = row["序号"], row["角色"], (row["预期依据"], row["预期代码"])
    who = story.as_party(row["备案人"]) if row["备案人"] else {"role": role, "actor": f"account:{ref}"}
    how: dict[str, Any] = {"key": f"file:{ref}", **who}
    if expected[1] in ("identity_check_digit_wrong", "already_filed"):
        story.callers.refuse(*expected, "POST", "registry", "/v1/subjects", _body(story, row), **how)
        return
    subject = story.callers.done("POST", "registry", "/v1/subjects", _body(story, row), **how)
    if role != "buyer":
        path = f"/v1/subjects/{subject['id']}/filings/{role}"
        step: dict[str, Any] = {"version": subject["version"], **who}
        if expected[1] == "stall_out_of_bounds":
            story.callers.refuse(*expected, "POST", "registry", f"{path}/submissions", {}, **step)
            return
        subject = story.callers.done("POST", "registry", f"{path}/submissions", {}, **step)
        reason = {"reason": "documents complete"}
        subject = story.callers.done(
            "POST", "registry", f"{path}/approvals", reason, version=subject["version"], **_OFFICER
        )
    story.subjects[ref], story.roles[ref] = subject, role


def _agree(story: Story, kind: str, row: dict[str, str], terms: dict[str, str]) -> None:
    """The agent proposes, the principal confirms."""
    principal, agent = row["委托方"], row["受托方"]
    body = {
        "principal_id": story.subject(principal),
        "agent_id": story.subject(agent),
        "valid_from": row["起"],
        "valid_to": row["止"],
        **terms,
    }
    key = f"{kind}:{principal}:{agent}"
    proposed = story.callers.done("POST", "registry", f"/v1/{kind}", body, key=key, **story.as_party(agent))
    path = f"/v1/{kind}/{proposed['id']}/confirmations"
    story.callers.done("POST", "registry", path, version=proposed["version"], **story.as_party(principal))


def _let_a_clerk_read(story: Story) -> None:
    """A stall holder lets an account of its own read, and nothing else (V65)."""
    body = {"account": _CLERK["actor"], "acts": ["read"], "valid_from": "2026-05-01", "valid_to": "2026-12-31"}
    key = f"delegation:{_OF_CLERK}"
    story.callers.done("POST", "registry", "/v1/delegations", body, key=key, **story.as_party(_OF_CLERK))


def suspend_one(story: Story) -> None:
    """Suspend the stall holder whose slip must be refused for it; a clerk reads; and call for data of somebody else."""
    behalf = story.subject(_OF_CLERK)
    story.callers.done("GET", "trade-ledger", "/v1/trades", on_behalf_of=behalf, **_CLERK)
    row = next(each for each in story.rows("expected", "预期拒绝") if each["代码"] == "subject_suspended")
    subject = story.subjects[row["经营户"]]
    path = f"/v1/subjects/{subject['id']}/filings/stall_holder/suspensions"
    body = {"reason": "sample: quality case"}
    story.callers.done("POST", "registry", path, body, version=subject["version"], **_OFFICER)
    story.callers.refuse(
        "V65", "not_yours", "GET", "registry", f"/v1/subjects/{story.subject('SH001')}", **story.as_party("SH002")
    )
