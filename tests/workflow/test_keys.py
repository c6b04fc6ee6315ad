"""Everything that the sample days sealed is sealed anew, and back, while the services answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest

from marketctl.layout import SERVICES
from marketctl.operate.keys import rotate
from marketctl.sample.callers import Callers
from marketctl.sample.sheets import FOLDER, read_sheet
from marketctl.services import described
from marketctl.verify.flow import wait_until_applied
from shared.keyring import KeyRing
from shared.sealing import Sealer
from shared.suites import AES, GM

Lived = Any


@pytest.fixture
def databases(lived: Lived) -> Iterator[Mapping[str, psycopg.Connection[Any]]]:
    wait_until_applied(lived.layout.installation)
    with ExitStack() as stack:
        yield {service: stack.enter_context(lived.layout.installation.connect(service)) for service in SERVICES}


def sealed_texts(databases: Mapping[str, psycopg.Connection[Any]]) -> dict[str, str]:
    """All documents with sealed values, by their tables."""
    found = {}
    for service in SERVICES:
        for rows in described(service).sealed:
            columns = " || ".join(f"{name}::text" for name in rows.documents)
            query = f"SELECT string_agg({columns}, '') FROM {rows.table}"
            with databases[service].transaction():
                found[rows.table] = str(databases[service].execute(query).fetchone())
    return found


def test_a_lived_market_is_sealed_anew_by_the_other_suite_and_back_while_it_answers(
    lived: Lived, databases: Mapping[str, psycopg.Connection[Any]]
) -> None:
    ring = KeyRing({"k1": lived.layout.secret("sealing")})
    number = next(
        str(row["证件号码"])
        for row in read_sheet(FOLDER / "filings.xlsx", "主体备案")
        if row["证件类型"] == "credit_code"
    )
    copies = "SELECT subject_id, identity_index FROM subject_copies ORDER BY 1"
    before = databases["trade-ledger"].execute(copies).fetchall()
    databases["trade-ledger"].commit()
    names = {table: text.count('"ciphertext": "row.aes.') for table, text in sealed_texts(databases).items()}
    # Nobody amends a name or an account in the sample days, and no file of trades is still on its way.
    assert [table for table, count in names.items() if not count] == ["subject_amendments", "trade_jobs"]
    callers = Callers(lived.layout)
    with closing(callers), ThreadPoolExecutor(1) as beside:
        for suite, gone in ((GM, AES), (AES, GM)):
            rotating = beside.submit(rotate, databases, Sealer(ring, suite))
            while True:
                traced = callers.send("GET", "trade-ledger", f"/v1/trace/{number}", role="commerce")
                assert traced.status_code == 200, traced.text
                if rotating.done():
                    break
            assert rotating.result() == ([], {})
            for table, text in sealed_texts(databases).items():
                assert text.count(f'"ciphertext": "row.{suite.name}.') == names[table], table
                assert f"row.{gone.name}." not in text
                assert f"k1.{gone.name}." not in text
    assert databases["trade-ledger"].execute(copies).fetchall() == before
    databases["trade-ledger"].commit()
