"""What to say of an aggregate that its owner no longer knows, so that readers stop counting it.

Only where an event of the family means just that. What isn't here stays with its readers, and is named as a lost act.
"""

from __future__ import annotations

from shared.events.base import Event
from shared.events.catalogue import EVENT_TYPES
from shared.events.tax_exemption import CertificateEvent, CertificateVoided
from shared.events.trade_ledger import TradeEvent, TradeVoided

_REASON = "lost when the database was restored"


def withdrawn(event_type: str, payload: bytes) -> tuple[str, bytes] | None:
    """Type and content of the withdrawal after an event; None where its family has none."""
    known = EVENT_TYPES.get(event_type)
    if known is None:
        return None
    said, void = known.model_validate_json(payload), {"status": "void"}
    last: Event
    if isinstance(said, TradeEvent):
        last = TradeVoided(trade=said.trade.model_copy(update=void), reason=_REASON)
    elif isinstance(said, CertificateEvent):
        last = CertificateVoided(certificate=said.certificate.model_copy(update=void), reason=_REASON)
    else:
        return None
    return last.TYPE, last.model_dump_json().encode()
