"""A qualification's value is a choice of its kind: words are read, one code is stored (R-FILE-7)."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest


@pytest.mark.parametrize(
    ("kind", "value", "stored", "role"),
    [
        ("fx_directory", "c", "C", "safe"),
        ("fx_directory", "C 类", "C", "safe"),
        ("外汇名录登记", "Ｂ类企业", "B", "safe"),
        ("filing_frequency", "quarterly", "quarter", "tax"),
        ("filing frequency", "按月", "month", "tax"),
        ("taxpayer_kind", "一般纳税人", "general", "tax"),
        ("customs_filing", "50129900 01", "50129900 01", "customs"),
        ("tax_authority", "大足区税务局", "大足区税务局", "tax"),
    ],
)
async def test_words_are_read_and_one_code_is_stored_and_announced(
    bureau: Any, kind: str, value: str, stored: str, role: str
) -> None:
    subject = await bureau.approved()
    body = {"kind": kind, "value": value, "valid_from": "2026-05-13"}
    path = f"/v1/subjects/{subject['id']}/qualifications"
    after = await bureau.door.done("POST", path, body, version=subject["version"], role=role)
    assert after["qualifications"][-1]["value"] == stored
    assert bureau.heard("subjects")[-1]["subject"]["qualifications"][-1]["value"] == stored
    ((held,),) = bureau.ask("SELECT qualifications FROM subjects")
    assert held[-1]["value"] == stored


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("fx_directory", "D", "A类 A，B类 B，C类 C"),
        ("filing_frequency", "yearly", "按月 month，按季 quarter"),
        ("taxpayer_kind", "medium", "一般纳税人 general，小规模纳税人 small_scale"),
    ],
)
async def test_an_unknown_word_is_refused_with_the_choices(bureau: Any, kind: str, value: str, told: str) -> None:
    subject = await bureau.approved()
    body = {"kind": kind, "value": value, "valid_from": "2026-05-13"}
    path = f"/v1/subjects/{subject['id']}/qualifications"
    answer = await bureau.door.call("POST", path, body, version=subject["version"], role="commerce")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, "field_not_a_choice", "/value")
    assert told in error["message_zh"]
    assert value not in answer.text


@pytest.mark.parametrize(("value", "status"), [("Small-Scale", 200), ("某", 409)])
async def test_a_value_that_nobody_knows_is_nothing_held(bureau: Any, value: str, status: int) -> None:
    """What an earlier release stored as free text counts where its meaning is certain, and else not at all."""
    subject = await bureau.filed(bureau.stall_holder())
    old = "UPDATE subjects SET qualifications = jsonb_set(qualifications, '{0,value}', %s)"
    with psycopg.connect(bureau.dsn, autocommit=True) as connection:
        connection.execute(old, [json.dumps(value)])
    answer = await bureau.step(subject, "submissions", **bureau.as_party(subject))
    assert answer.status_code == status
    assert answer.json().get("code", "") == ("" if status == 200 else "qualification_missing")
