"""A permit that was renewed is its holder's still, also where an earlier release filed it (R-FILE-4)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from shared.workshop.testing.client import SEALING_KEY
from shared.workshop.testing.former_sealing import former_index


def identity(kind: str, number: str, country: str) -> dict[str, str]:
    return {"kind": kind, "number": number, "country": country}


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("hk_macao_permit", ("H1234567801", "H1234567802", "H12345678")),
        ("taiwan_permit", ("1234567800", "1234567801", "12345678")),
    ],
)
async def test_a_renewed_permit_is_the_same_holders(bureau: Any, kind: str, numbers: tuple[str, ...]) -> None:
    first, *renewed = (
        {"identity": identity(kind, number, "HK"), "name": "Chan", "role": "supplier"} for number in numbers
    )
    await bureau.filed(first, role="agent", actor="acct:1")
    for again in renewed:
        answer = await bureau.door.call("POST", "/v1/subjects", again, role="agent", actor="acct:1")
        assert (answer.status_code, answer.json()["code"]) == (409, "already_filed")


async def test_a_permit_that_an_earlier_release_filed_is_found(bureau: Any) -> None:
    """Its index had the count of its renewals."""
    filed = {"identity": identity("hk_macao_permit", "H1234567801", "HK"), "name": "Chan", "role": "supplier"}
    subject = await bureau.filed(filed, role="agent", actor="acct:1")
    former = former_index(SEALING_KEY, "CN:hk_macao_permit:H1234567801", "subject.identity")
    async with bureau.door.as_worker() as session:
        await session.execute(text("UPDATE subjects SET identity_index = :index"), {"index": former})
    filed |= {"identity": identity("hk_macao_permit", "H1234567802", "HK"), "role": "buyer"}
    again = await bureau.filed(filed, role="agent", actor="acct:1")
    assert again["id"] == subject["id"]
