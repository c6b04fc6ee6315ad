"""Whom a caller of registry reaches (V65): a bank its clients, an account without a subject what it made itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


async def filed_bank(bureau: Any, name: str) -> str:
    """The id of another bank of the pilot."""
    body = {"name": name, "connection": "web", "valid_from": "2026-01-01"}
    return str((await bureau.door.done("POST", "/v1/banks", body))["id"])


async def test_a_bank_reads_and_qualifies_its_clients_and_nobody_else(bureau: Any) -> None:
    """Any bank read any file of its pilot, and recorded a directory class for it."""
    bank_id, other_id = [await filed_bank(bureau, name) for name in ("甲行", "乙行")]
    account = {"kind": "fx_account", "value": "yes", "valid_from": "2026-05-13", "account": "6222000011"}
    directory = {"kind": "fx_directory", "value": "A", "valid_from": "2026-05-13"}
    body = bureau.stall_holder()
    own = {**account, "bank_id": bank_id, "valid_to": "2026-05-13"}
    seller = await bureau.approved({**body, "qualifications": [*body["qualifications"], own]})
    path = f"/v1/subjects/{seller['id']}"

    async def reaches(bank: str) -> tuple[int, int]:
        how = {"role": "bank", "bank_id": bank}
        read = await bureau.door.call("GET", path, **how)
        wrote = await bureau.door.call("POST", f"{path}/qualifications", directory, version=99, **how)
        return read.status_code, wrote.status_code

    assert await reaches(bank_id) == (200, 412)
    assert await reaches(other_id) == (404, 404)
    others = {**account, "bank_id": other_id}
    seller = await bureau.door.done("POST", f"{path}/qualifications", others, version=seller["version"])
    assert [each["confirmed"] for each in seller["qualifications"] if each["kind"] == "fx_account"] == [True, False]
    assert await reaches(other_id) == (404, 404)
    how = {"role": "bank", "bank_id": bank_id, "version": seller["version"]}
    granted = await bureau.door.done("POST", f"{path}/qualifications", directory, **how)
    assert "fx_directory" in {each["kind"] for each in granted["qualifications"]}
    bureau.door.at(datetime(2026, 5, 14, 1, tzinfo=UTC))
    assert await reaches(bank_id) == (404, 404)
