"""An agreement's row becomes its public state and its event."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgreementEvent, AgreementState
from shared.messaging.outbox import announce
from shared.rows import model_from


def agreement_state(row: AgreementRow) -> AgreementState:
    """The public state of an agreement."""
    return model_from(AgreementState, row, agreement_id=row.id)


async def announce_agreement(
    session: AsyncSession, row: AgreementRow, event: type[AgreementEvent], *, act: Act, reason: str = ""
) -> None:
    """Raise the version and announce it; the caller holds the agreement's lock."""
    row.version += 1
    said = event(agreement=agreement_state(row), reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)
