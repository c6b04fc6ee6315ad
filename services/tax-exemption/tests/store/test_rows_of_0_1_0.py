"""Documents that 0.1.0 stored are read as the models of today, and written the same."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

import psycopg

from shared.database import make_engine, make_sessions
from shared.migrations import upgrade
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.services import ROOT
from tax_exemption.domain.period import Frequency
from tax_exemption.store.periods import frequencies_of
from tax_exemption.store.tables import CertificateRow, PrincipalRelease, SubjectCopy

SERVICE = ROOT / "services" / "tax-exemption"
HEAD = json.loads((ROOT / "deploy" / "releases" / "0.1.0.json").read_text("utf-8"))["heads"]["tax-exemption"]
ID = UUID(int=1)
PORTIONS = [str(UUID(int=number)) for number in (2, 3)]
HELD = {
    "kind": "filing_frequency", "value": "quarter", "valid_from": "2026-01-01", "valid_to": None, "source": "",
    "bank_id": None,
}  # fmt: skip
FILING = {
    "role": "stall_holder", "filing_number": "LS-FI-0000001-10", "status": "approved", "filed_by": None,
    "effective_from": "2026-05-13T01:00:00Z", "suspended_at": None, "exited_at": None, "stop_order": False,
    "reason": "checked", "version": 3,
}  # fmt: skip
_SUBJECT = "INSERT INTO subject_copies VALUES (%s, 'longshui', 'name', %s, %s, 1)"
_RELEASE = (
    "INSERT INTO principal_releases (declaration_id, principal_id, pilot, consignor_id, customs_number, currency,"
    " value, portion_ids, sequence) VALUES (%s, %s, 'longshui', %s, '8012', 'USD', 1000, %s, 1)"
)
_CERTIFICATE = (
    "INSERT INTO certificates (id, pilot, number, version, operator_id, principal_id, declaration_id, customs_number,"
    " status, value, currency, portion_ids)"
    " VALUES (%s, 'longshui', 'LS-CE-0000001-10', 1, %s, %s, %s, '8012', 'applied', 1000, 'USD', %s)"
)


async def test_documents_that_0_1_0_wrote_are_read_as_models(make_database: MakeDatabase) -> None:
    dsn = make_database()
    upgrade(SERVICE, dsn, HEAD)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_SUBJECT, [ID, json.dumps([FILING]), json.dumps([HELD])])
        connection.execute(_RELEASE, [ID, ID, ID, json.dumps(PORTIONS)])
        connection.execute(_CERTIFICATE, [ID, ID, ID, ID, json.dumps(PORTIONS)])
        documents = "SELECT roles, qualifications FROM subject_copies"
        before = connection.execute(documents).fetchall()
        upgrade(SERVICE, dsn)
        engine = make_engine(dsn)
        async with make_sessions(engine).begin() as session:
            known = await session.get_one(SubjectCopy, ID)
            release = await session.get_one(PrincipalRelease, (ID, ID))
            certificate = await session.get_one(CertificateRow, ID)
            assert await frequencies_of(session, ID) == (Frequency("quarter", date(2026, 1, 1), None),)
            assert [each.model_dump(mode="json") for each in known.roles] == [FILING]
            assert [str(each) for each in release.portion_ids] == PORTIONS
            assert [str(each) for each in certificate.portion_ids] == PORTIONS
            # Written again, the text is the same: a table rebuilt from the topics equals the original one (V63).
            known.roles = tuple(each.model_copy(update={"version": each.version + 1}) for each in known.roles)
            await session.flush()
            known.roles = tuple(each.model_copy(update={"version": each.version - 1}) for each in known.roles)
            known.qualifications = tuple(each.model_copy(update={"value": "month"}) for each in known.qualifications)
            await session.flush()
            known.qualifications = tuple(each.model_copy(update={"value": "quarter"}) for each in known.qualifications)
        await engine.dispose()
        assert connection.execute(documents).fetchall() == before
