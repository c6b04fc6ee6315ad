"""Returns and certificates become their events."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import CertificateEvent, CertificateState, ReturnEvent, ReturnLine, ReturnState
from shared.messaging.outbox import announce
from tax_exemption.store.items import lines_of
from tax_exemption.store.tables import CertificateRow, ReturnLineRow, ReturnRow


def _line(row: ReturnLineRow) -> ReturnLine:
    names = set(ReturnLine.model_fields) - {"item_id"}
    return ReturnLine.model_validate({"item_id": row.portion_id, **{name: getattr(row, name) for name in names}})


async def return_state(session: AsyncSession, row: ReturnRow) -> ReturnState:
    """The public state of a return with its lines."""
    names = set(ReturnState.model_fields) - {"return_id", "lines"}
    lines = [_line(each) for each in await lines_of(session, row.id)]
    return ReturnState.model_validate(
        {"return_id": row.id, "lines": lines, **{name: getattr(row, name) for name in names}}
    )


async def announce_return(
    session: AsyncSession, row: ReturnRow, event: type[ReturnEvent], *, act: Act, reason: str = ""
) -> ReturnState:
    """One version more, told; the caller holds the return's lock."""
    row.version += 1
    await session.flush()
    state = await return_state(session, row)
    said = event(exemption_return=state, reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)
    return state


def certificate_state(row: CertificateRow) -> CertificateState:
    """The public state of a certificate."""
    names = set(CertificateState.model_fields) - {"certificate_id"}
    return CertificateState.model_validate({"certificate_id": row.id, **{name: getattr(row, name) for name in names}})


async def announce_certificate(
    session: AsyncSession, row: CertificateRow, event: type[CertificateEvent], *, act: Act, reason: str = ""
) -> None:
    """One version more, told; the caller holds the certificate's lock."""
    row.version += 1
    said = event(certificate=certificate_state(row), reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)
