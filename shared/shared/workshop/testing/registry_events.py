"""Small builders of registry's events, and a function that delivers them to a service in a test."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.events.base import Event, Received
from shared.events.registry import (
    AgencyConfirmed,
    AgreementState,
    CommodityEntryPublished,
    CommodityListPublished,
    DelegationAccepted,
    DelegationState,
    PilotChanged,
    PortDesignated,
    Qualification,
    RoleFiling,
    Sealed,
    SiteFiled,
    Stall,
    SubjectApproved,
    SubjectEvent,
    SubjectState,
    SubjectSuspended,
)
from shared.messaging.applying import hand_over
from shared.messaging.subscriptions import Subscriptions

PILOT = "longshui"
SINCE = date(2026, 1, 1)
FILED_AT = datetime(2026, 1, 2, 1, tzinfo=UTC)


def sealed(text: str) -> Sealed:
    """A protected value that nobody can open."""
    return Sealed(mask=text[:1] + "***", blind_index=f"index of {text}", ciphertext="k1.")


def subject(
    role: str, *, subject_id: UUID | None = None, stall: str = "", status: str = "approved", **changed: Any
) -> SubjectEvent:
    """A filed subject in one role; a stall holder has one stall since the new year."""
    subject_id = subject_id or uuid4()
    filing = RoleFiling.model_validate(
        {
            "role": role,
            "filing_number": f"F-{subject_id}",
            "status": status,
            "effective_from": FILED_AT,
            "version": 1,
            **changed,
        }
    )
    stalls = (Stall(stall_number=stall, longitude="105.744", latitude="29.541", valid_from=date(2026, 1, 1)),)
    state = SubjectState(
        subject_id=subject_id,
        pilot=PILOT,
        number=f"LS-SU-{subject_id.int % 10**7:07}-0",
        identity_kind="credit_code",
        identity=sealed(f"identity of {subject_id}"),
        country="CN",
        natural_person=False,
        display_name=f"{role} {stall}",
        name=sealed("name"),
        roles=(filing,),
        stalls=stalls if stall else (),
    )
    return (SubjectSuspended if status == "suspended" else SubjectApproved).model_validate(
        {"subject": state, "role": role}
    )


def qualified(
    event: SubjectEvent, natural: bool = False, since: date = SINCE, bank: UUID | None = None, **held: str
) -> SubjectEvent:
    """The subject with qualifications, since the new year unless given, and its account at the bank, if any."""
    marks = [Qualification(kind=kind, value=value, valid_from=since) for kind, value in held.items()]
    if bank is not None:
        marks.append(account_at(bank, natural=natural))
    state = event.subject.model_copy(update={"natural_person": natural, "qualifications": tuple(marks)})
    return event.model_copy(update={"subject": state})


def account_at(bank_id: UUID, *, natural: bool = False, **changed: Any) -> Qualification:
    """A filed account at a bank since the new year, confirmed by its owner unless changed."""
    kind = "personal_fx_account" if natural else "fx_account"
    return Qualification.model_validate(
        {"kind": kind, "value": "yes", "valid_from": SINCE, "bank_id": bank_id, **changed}
    )


def export_agency(principal_id: UUID, agent_id: UUID, **changed: Any) -> AgencyConfirmed:
    """A confirmed export agency of the year 2026: the agent collects, the principal files."""
    terms = {
        "agreement_id": uuid4(),
        "pilot": PILOT,
        "number": "LS-EA-0000001-0",
        "kind": "export_agency",
        "principal_id": principal_id,
        "agent_id": agent_id,
        "status": "confirmed",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "collector": "agent",
        "exemption_filer": "principal",
    }
    return AgencyConfirmed(agreement=AgreementState.model_validate({**terms, **changed}))


def delegation(grantor_id: UUID, **changed: Any) -> DelegationAccepted:
    """A delegation in force in the year 2026 that lets somebody read a stall holder's trades, unless changed."""
    terms = {
        # The newest of several counts.
        "delegation_id": uuid7(),
        "pilot": PILOT,
        "role": "stall_holder",
        "grantor_id": grantor_id,
        "acts": ("read",),
        "valid_from": SINCE,
        "valid_to": date(2026, 12, 31),
        "status": "in_force",
        "granted_at": FILED_AT,
    }
    return DelegationAccepted(delegation=DelegationState.model_validate({**terms, **changed}))


def commodity_list(kind: str, entries: list[dict[str, Any]], version: int = 1) -> list[Event]:
    """A list version: its header and its entries (hs_prefix, and what differs)."""
    list_id = uuid4()
    since = date(2026, 1, 1)
    header = CommodityListPublished.model_validate(
        {
            "list_id": list_id,
            "pilot": PILOT,
            "kind": kind,
            "version": version,
            "effective_from": since,
            "entry_count": len(entries),
            "source": "test",
        }
    )
    verdict = "eligible" if kind == "positive" else "not_eligible"
    common = {"list_id": list_id, "version": version, "verdict": verdict, "effective_from": since}
    texts = {"reason": f"{kind} list", "reason_zh": "清单"}
    said = [
        CommodityEntryPublished.model_validate({**common, **texts, "entry_no": number, **entry})
        for number, entry in enumerate(entries, 1)
    ]
    return [header, *said]


def places(site_id: UUID) -> list[Event]:
    """The pilot, one supervised site, one designated port."""
    bounds = (("105.730", "29.520"), ("105.770", "29.520"), ("105.770", "29.553"), ("105.730", "29.553"))
    since = date(2026, 1, 1)
    return [
        PilotChanged(
            pilot=PILOT,
            name="Longshui",
            name_zh="龙水",
            bounds=bounds,
            bounds_source="sample",
            customs_offices=("8012",),
            number_prefix="LS",
        ),
        SiteFiled(
            site_id=site_id, pilot=PILOT, name="场站", kind="supervised_site", operator_name="site", valid_from=since
        ),
        PortDesignated(port_code="5201", pilot=PILOT, name="port", valid_from=since),
    ]


async def hear(
    session: AsyncSession,
    subscriptions: Subscriptions,
    *events: Event,
    sequence: int = 1,
    key: str = "",
    event_id: UUID | None = None,
) -> None:
    """Let a service's live handlers apply events as its consumer would, in the caller's transaction."""
    for event in events:
        received = Received(
            event=event,
            event_id=event_id or uuid4(),
            type=event.TYPE,
            source="test",
            key=key or str(uuid4()),
            sequence=sequence,
            occurred_at=FILED_AT,
            actor="test",
            pilot=PILOT,
            traceparent=None,
        )
        await hand_over(session, subscriptions, [received], live=True)
