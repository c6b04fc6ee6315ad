"""What a request says of a person is found nowhere else, also where it is refused or an attack (V66, I13)."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from openpyxl import Workbook

from marketctl.layout import SERVICES
from marketctl.sample.callers import Callers
from marketctl.sample.sheets import FOLDER, read_sheet
from marketctl.verify.flow import wait_until_applied
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import BusAddress, open_bus
from shared.messaging.bus import Positions

Lived = Any

CANARIES = {
    "name": "柯南雅丽",
    "foreign name": "Kanarya Yildizoglu",
    "payer": "Kanarienvogel Handelsgesellschaft",
    "resident id": "990000198507150018",
    "passport": "KX70415529",
    "phone": "13977204418",
    "account": "6230520480017734415",
}
NAME, FOREIGN, PAYER, NUMBER, PASSPORT, PHONE, ACCOUNT = CANARIES.values()
NOBODY = "019a0000-0000-7000-8000-0000000000aa"
QUALIFIED = {"kind": "personal_fx_account", "value": PHONE, "valid_from": "2026-01-01", "account": ACCOUNT}
FILED = {
    "identity": {"kind": "resident_id", "number": NUMBER, "country": "CN"},
    "name": NAME,
    "role": "buyer",
    "qualifications": [QUALIFIED],
}
WHY = {"reason": f"{NAME} {PHONE}"}
LEG = {"amount": "10.00", "paid_on": "2026-05-13", "payer": PAYER, "payee": NAME, "reference": PHONE}
TRADE = {"seller_id": NOBODY, "domestic_leg": LEG, "external_ref": PASSPORT}
COLLECTION = {"collector_id": NOBODY, "payer": PAYER, "bank_reference": ACCOUNT, "amount": "1.00", "currency": "USD"}

POSTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("registry", "/v1/subjects", {"role": "commerce"}),
    ("trade-ledger", "/v1/trades/imports", {"role": "operator", "subject_id": NOBODY}),
    ("trade-ledger", "/v1/trades/bulk", {"role": "operator", "subject_id": NOBODY}),
)


def slips() -> bytes:
    """A workbook whose cells hold all of them, in columns that can't hold them too."""
    book = Workbook()
    head = [
        "交易单号",
        "采购商证件类型",
        "采购商证件号码",
        "采购商国别",
        "境内付款人",
        "境内收款人",
        "境内流水号",
        "境内付款日期",
        "出口方式",
    ]
    book.active.title = "交易单"
    book.active.append(head)
    for kind, number in (("resident_id", NUMBER), ("passport", PASSPORT), (NAME, ACCOUNT)):
        book.active.append([PHONE, kind, number, FOREIGN, PAYER, NAME, ACCOUNT, NUMBER, FOREIGN])
    lines = book.create_sheet("商品清单")
    lines.append(["交易单号", "商品名称", "商品HS编码", "交易数量", "币种", "货值"])
    lines.append([PHONE, NAME, NUMBER, PASSPORT, PAYER, ACCOUNT])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def attacks() -> list[tuple[str, str, str, Any, dict[str, Any]]]:
    """(method, service, path, body, party): refused ones of every kind."""
    stranger = {"role": "stall_holder", "subject_id": NOBODY}
    bank = {"role": "bank", "bank_id": NOBODY}
    parties: list[dict[str, Any]] = [{"role": "commerce"}, stranger, {"role": "stall_holder"}, {"role": "figures"}]
    filings = [
        {**FILED, "identity": {"kind": "passport", "number": NUMBER, "country": FOREIGN}},
        {**FILED, "identity": {**FILED["identity"], "number": NUMBER[:-1] + "7"}, "name": NAME},  # type: ignore[dict-item]  # a dictionary
        {**FILED, "identity": ACCOUNT},
        {**FILED, "role": NAME},
        {**FILED, "phone": PHONE},
        {**FILED, "qualifications": [{**QUALIFIED, "valid_to": PHONE}]},
        {**FILED, "role": "stall_holder"},
        {**FILED, "name": [NAME]},
        [FILED],
        NAME,
    ]
    found: list[tuple[str, str, str, Any, dict[str, Any]]] = []
    for party in parties:
        found += [("POST", "registry", "/v1/subjects", each, party) for each in filings]
        found += [
            ("GET", "registry", f"/v1/subjects?name={FOREIGN}", None, party),
            ("GET", "registry", f"/v1/subjects?phone={PHONE}", None, party),
            ("GET", "registry", f"/v1/subjects?limit={ACCOUNT}", None, party),
            ("GET", "registry", f"/v1/subjects?cursor={ACCOUNT}", None, party),
            ("POST", "registry", f"/v1/subjects/{NOBODY}/identity-views", {"purpose": "", "name": NAME}, party),
            ("POST", "registry", f"/v1/subjects/{NOBODY}/qualifications", QUALIFIED, party),
            ("POST", "trade-ledger", "/v1/trades", TRADE, party),
            ("POST", "trade-ledger", "/v1/trades", {**TRADE, "domestic_leg": {**LEG, "amount": ACCOUNT}}, party),
            ("POST", "trade-ledger", "/v1/trades/bulk", TRADE, party),
            ("GET", "trade-ledger", f"/v1/trades?external_ref={PHONE}", None, party),
        ]
    found += [
        ("POST", "fx-settlement", "/v1/collections", COLLECTION, bank),
        ("POST", "fx-settlement", "/v1/collections", {**COLLECTION, "amount": PAYER, "received_on": ACCOUNT}, bank),
        ("POST", "fx-settlement", "/v1/collections", {**COLLECTION, "payer_relation": PAYER}, bank),
        ("POST", "fx-settlement", "/v1/pass-ons", {"payee": NAME, "account": ACCOUNT}, bank),
        ("POST", "tax-exemption", "/v1/returns", {"filer": NAME, "month": PHONE, "account": ACCOUNT}, stranger),
    ]
    return found


def attacks_on(person: str, other: str) -> list[tuple[str, str, str, Any, dict[str, Any]]]:
    """Attacks on what lets a person read all of its data, and end it: by everybody who may not."""
    callers: list[dict[str, Any]] = [
        {"role": "stall_holder", "subject_id": other},
        {"role": "operator", "subject_id": NOBODY},
        {"role": "stall_holder", "subject_id": person, "pilot": "elsewhere"},
        {"role": "commerce", "pilot": "elsewhere"},
        {"role": "commerce"},
        {"role": "stall_holder"},
        {"role": "customs"},
        {"role": "bank", "bank_id": NOBODY},
        {"role": "figures"},
    ]
    path = f"/v1/subjects/{person}"
    asked = (("personal-data-exports", None), ("personal-data-exports", {"name": NAME}), ("erasures", WHY))
    return [
        ("POST", "registry", f"{path}/{what}", body, {"version": 1, **caller})
        for caller in callers
        for what, body in asked
    ]


def person_of_the_day(callers: Callers) -> tuple[str, str, list[str]]:
    """A natural person who keeps a stall, another stall holder, and what of the person must not be told."""
    query = "/v1/subjects?role=stall_holder&status=approved&limit=200"
    found = callers.done("GET", "registry", query, role="commerce", actor="commerce:officer")["items"]
    person = next(each for each in found if each["natural_person"])
    other = next(each for each in found if not each["natural_person"])
    filed = read_sheet(FOLDER / "filings.xlsx", "主体备案")
    own = [row for row in filed if str(row["证件号码"])[-4:] == person["identity_mask"][-4:]]
    return person["id"], other["id"], [str(row[column]) for row in own for column in ("证件号码", "名称")]


@pytest.fixture(scope="module")
def robbed(lived: Lived) -> tuple[list[httpx.Response], list[str]]:
    """The answers to the attacks on a person's data, and what of it must not stand in them."""
    callers = Callers(lived.layout)
    person, other, own = person_of_the_day(callers)
    answers = [
        callers.send(method, service, path, body, key=str(uuid4()), **how)
        for method, service, path, body, how in attacks_on(person, other)
    ]
    callers.close()
    return answers, own


@pytest.fixture(scope="module")
def attacked(lived: Lived, robbed: tuple[list[httpx.Response], list[str]]) -> list[httpx.Response]:
    """The answers to all attacks, the malformed ones too."""
    callers, answers = Callers(lived.layout), list(robbed[0])
    for method, service, path, body, party in attacks():
        answers.append(callers.send(method, service, path, body, key=str(uuid4()), **party))
    text = json.dumps(FILED, ensure_ascii=False).encode()
    for content in (text[:-9], text.replace(b'"name"', b'"name": 1, "name"'), text.decode().encode("utf-16"), slips()):
        for service, path, party in POSTS:
            answers.append(callers.send("POST", service, path, content=content, key=str(uuid4()), **party))
    token = httpx.get(
        lived.layout.url("registry") + f"/v1/subjects/{NOBODY}",
        headers={"authorization": f"Bearer {NAME.encode().hex()}.{ACCOUNT}.{PHONE}", "traceparent": f"00-{NUMBER}-1"},
        trust_env=False,
    )
    answers.append(token)
    callers.close()
    wait_until_applied(lived.layout.installation)
    return answers


def found_in(text: str) -> set[str]:
    """Which canaries stand in a text, as they are or as JSON escapes them."""
    return {kind for kind, value in CANARIES.items() if value in text or json.dumps(value)[1:-1] in text}


def test_every_attack_is_refused_and_no_problem_repeats_what_it_said(attacked: list[httpx.Response]) -> None:
    refused = [each for each in attacked if each.status_code >= 400]
    assert len(refused) > 60
    assert [each.status_code for each in refused if each.status_code >= 500] == []
    told = {(str(each.request.url.path), kind) for each in attacked for kind in found_in(each.text)}
    assert told == set()


def test_nobody_else_exports_or_erases_a_person(robbed: tuple[list[httpx.Response], list[str]]) -> None:
    answers, own = robbed
    assert len(own) >= 2
    assert {each.status_code for each in answers} <= {403, 404, 409, 412, 422}, [each.text for each in answers]
    assert [each.text for each in answers if each.status_code == 409 and "erasure_while_filed" not in each.text] == []
    told = [(each.request.url.path, value) for each in answers for value in own if value in each.text]
    assert told == []


def test_no_database_no_log_and_no_metric_holds_what_was_refused(lived: Lived, attacked: list[httpx.Response]) -> None:
    assert attacked
    found = set()
    for service in SERVICES:
        with psycopg.connect(lived.layout.database_url(service)) as connection:
            query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            for (table,) in connection.execute(query).fetchall():
                # As text, so that bytes are searched as what they say.
                for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():
                    text = " ".join(x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in row)
                    found |= {(table, kind) for kind in found_in(text)}
        for process in (service, f"{service}-worker"):
            metrics = httpx.get(lived.layout.url(process) + "/metrics", trust_env=False).text
            assert "# HELP" in metrics
            found |= {(process, kind) for kind in found_in(metrics)}
    for file in lived.layout.logs.glob("*.log"):
        found |= {(file.name, kind) for kind in found_in(file.read_text("utf-8", "replace"))}
    assert found == set()


async def on_the_topics(address: BusAddress) -> str:
    """Keys, headers and contents of all records."""
    bus = open_bus(address)

    async def beginning() -> Positions:
        return {}

    reader = bus.reader("", list(TOPICS), beginning)
    await reader.start()
    found: list[str] = []
    try:
        while await reader.lag():
            for batch in (await reader.fetch(most=2000, wait_seconds=0.2)).values():
                found += [f"{each.key} {each.headers} {each.value.decode()}" for each in batch]
    finally:
        await reader.close()
        await bus.close()
    assert len(found) > 2000
    return "\n".join(found)


async def test_no_topic_holds_a_person_of_the_day_or_of_an_attack(lived: Lived, attacked: list[httpx.Response]) -> None:
    """The embedded bus holds the same bytes: those of the outbox."""
    assert attacked
    text = await on_the_topics(lived.layout.installation.bus)
    filed = read_sheet(FOLDER / "filings.xlsx", "主体备案")
    persons = ("resident_id", "passport")
    sought = {str(row["证件号码"]) for row in filed} | {"Sample Buyer Company"}
    # A business may have its owner's name in its own, which is public.
    names = sorted({row["名称"] for row in filed if row["证件类型"] not in persons}, key=len, reverse=True)
    for name in names:
        text = text.replace(name, "")
    sought |= {str(row["名称"]) for row in filed if row["证件类型"] in persons}
    assert [each for each in sought if each in text] == []
    assert found_in(text) == set()
