"""What to say of an aggregate whose events its owner lost, so that nobody goes on by them (docs/decisions/0009).

What the owner still knows is said once more. Where it knows nothing, the aggregate ends in a state that its readers
understand already: nothing can be done with it from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from shared.events import fx_settlement, registry, tax_exemption, trade_ledger
from shared.events.base import Event
from shared.events.catalogue import EVENT_TYPES

Said = tuple[str, bytes]
REASON = "lost when the database was restored"
NEVER = date.max
# Each event of such a topic stands for itself by its own date: the newest doesn't tell the ones before it.
BY_DATE = frozenset({registry.SUPERVISION.name})
STAYS: Mapping[type[Event], str] = {
    trade_ledger.HandoverEvent: "no service hears it",
    fx_settlement.EntitlementEvent: "its owner hears the declaration again and announces the room anew",
    fx_settlement.CollectionEvent: "only the trace shows it, as said: no service decides by it",
    fx_settlement.PassOnEvent: "only the trace shows it, as said: no service decides by it",
    fx_settlement.ConversionEvent: "only the trace shows it, as said: no service decides by it",
    tax_exemption.ReturnEvent: "only the trace shows it, as said: no service decides by it",
    tax_exemption.ItemEvent: "only the trace shows it, as said: no service decides by it",
}
"""The families whose lost aggregates are only named, each with why nobody goes on by one."""


def ending(lost: Sequence[Said], known: Sequence[Said], at: datetime) -> list[Said]:
    """What is said of one aggregate after what was lost, given what its owner knows, both oldest first.

    Nothing where the family's aggregates only stay named (`STAYS`), or where nothing of it can be read here.
    """
    told = [each for each in map(_read, lost) if each is not None]
    if told and told[-1].TOPIC in BY_DATE:
        return [_told(each) for each in _grades(told, [each for each in map(_read, known) if each is not None])]
    if known:
        return [known[-1]]
    for said in reversed(told):
        for family, ended in _ENDED.items():
            if isinstance(said, family):
                return [_told(ended(said, at))]
    return []


def _read(said: Said) -> Any:
    event = EVENT_TYPES.get(said[0])
    try:
        return event and event.model_validate_json(said[1])
    except ValidationError:
        return None


def _told(event: Event) -> Said:
    return event.TYPE, event.model_dump_json().encode()


def _subject(said: registry.SubjectEvent, at: datetime) -> Event:
    left = {"status": "exited", "exited_at": at, "reason": REASON}
    roles = tuple(
        each.model_copy(update=left) if each.status in ("approved", "effective", "suspended") else each
        for each in said.subject.roles
    )
    return registry.SubjectExited(subject=said.subject.model_copy(update={"roles": roles}), reason=REASON)


def _agreement(said: registry.AgreementEvent, at: datetime) -> Event:
    ended = said.agreement.model_copy(update={"status": "terminated", "terminated_at": at})
    return registry.AgencyTerminated(agreement=ended, reason=REASON)


def _delegation(said: registry.DelegationEvent, at: datetime) -> Event:
    ended = said.delegation.model_copy(update={"status": "ended", "ended_at": at})
    return registry.DelegationEnded(delegation=ended, reason=REASON)


def _declaration(said: trade_ledger.DeclarationEvent, at: datetime) -> Event:
    """Deleted, with nothing released or departed: rooms close, items and certificates lose their value."""
    nothing = {name: "0" for name in trade_ledger.Portion.model_fields if name.startswith(_BOOKED)}
    none = {"departures": (), "returns": ()}
    portions = [each.model_dump(mode="json") | nothing | none for each in said.declaration.portions]
    state = said.declaration.model_dump(mode="json") | {"portions": portions}
    state |= {"status": "deleted", "version": said.declaration.version + 1, "open_conflicts": ()}
    return trade_ledger.DeclarationDeleted.model_validate({"declaration": state, "reason": REASON})


_BOOKED = ("released_", "departed_", "shut_out_", "returned_")


def _void(said: Any, what: str) -> dict[str, Any]:
    return {what: getattr(said, what).model_copy(update={"status": "void"}), "reason": REASON}


def _pilot(said: registry.PilotEvent, at: datetime) -> Event:
    """Without customs offices and before tax files through us: nothing is declared or filed in it."""
    closed = said.model_copy(update={"customs_offices": (), "acceptance_gate_open_from": None})
    return registry.PilotChanged(**closed.model_dump())


def _never(last: type[Event], *names: str) -> Callable[[Any, datetime], Event]:
    """In force from a day that never comes, whatever it was in force for."""
    return lambda said, at: last.model_validate(said.model_dump() | dict.fromkeys(names, NEVER))


_ENDED: Mapping[type[Event], Callable[[Any, datetime], Event]] = {
    registry.SubjectEvent: _subject,
    registry.AgreementEvent: _agreement,
    registry.DelegationEvent: _delegation,
    registry.CommodityListEvent: _never(registry.CommodityListPublished, "effective_from"),
    registry.CommodityDecisionEvent: _never(registry.CommodityDecided, "effective_from"),
    registry.PilotEvent: _pilot,
    registry.BankEvent: _never(registry.BankFiled, "valid_from"),
    registry.SiteEvent: _never(registry.SiteFiled, "valid_from"),
    registry.PortEvent: _never(registry.PortDesignated, "valid_from"),
    trade_ledger.TradeEvent: lambda said, at: trade_ledger.TradeVoided(**_void(said, "trade")),
    trade_ledger.LoadEvent: lambda said, at: trade_ledger.LoadClosed(
        load=said.load.model_copy(update={"status": "closed"}), reason=REASON
    ),
    trade_ledger.PackingListEvent: lambda said, at: trade_ledger.PackingListVoided(**_void(said, "packing_list")),
    trade_ledger.DeclarationEvent: _declaration,
    tax_exemption.CertificateEvent: lambda said, at: tax_exemption.CertificateVoided(**_void(said, "certificate")),
}


def _grades(lost: Sequence[registry.GradeEvent], known: Sequence[registry.GradeEvent]) -> list[registry.GradeEvent]:
    """For each day from which a lost grade would count the one that the owner knows for that day.

    Where it knows none: the grade that readers take then, with the measures that let nothing pass by itself.
    """
    found = {}
    for each in lost:
        before = [one for one in known if one.effective_from <= each.effective_from]
        standing = max(before, key=lambda one: one.effective_from, default=None)
        found[each.effective_from] = registry.GradeChanged(
            **(standing or each.model_copy(update=_UNGRADED)).model_dump()
            | {"effective_from": each.effective_from, "reason": REASON}
        )
    return list(found.values())


_UNGRADED = {"grade": "B", "automatic_release": False, "inspection_rate_percent": "100", "review_depth": "deep"}
ENDED = frozenset(_ENDED) | {registry.CommodityEntryEvent, registry.GradeEvent}
"""The families whose lost aggregates end; an entry ends with its list, a grade by its date."""
