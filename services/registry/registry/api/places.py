"""Pilots, banks, sites and ports: the bureau's dated data."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.api.place_schemas import (
    BankIn,
    BankOut,
    PilotChangeIn,
    PilotIn,
    PilotOut,
    PortDatesIn,
    PortIn,
    PortOut,
    SiteIn,
    SiteOut,
)
from registry.operations.places.change_pilot import change_pilot
from registry.operations.places.change_place import change_place
from registry.operations.places.file_pilot import file_pilot
from registry.operations.places.file_place import file_place
from registry.store.documents import DatedPlace
from registry.store.places import place, places_of
from registry.store.tables import PlaceRow
from shared.events.registry import BankFiled, PilotChanged, PortDesignated, SiteFiled
from shared.http.access import Authorised
from shared.http.command import Commanded, Reading
from shared.http.identity import Caller
from shared.http.paging import Page, WantedByKeys, WantedPageByKeys
from shared.http.routes import service_router
from shared.rows import model_from
from shared.vocabulary.errors import NotFound
from shared.wire import Reference

router = service_router("places")


P = TypeVar("P", PilotOut, BankOut, SiteOut, PortOut)


async def _read(
    session: AsyncSession, caller: Caller, place_id: str, kind: str, response: Response, form: type[P]
) -> P:
    row = await place(session, place_id)
    if row is None or row.pilot != caller.pilot or row.kind != kind:
        raise NotFound(f"no {kind} {place_id}")
    response.headers["etag"] = f'"{row.version}"'
    return model_from(form, row)


async def _file(
    command: Commanded, place_id: str, kind: str, event: DatedPlace, form: type[P], path: str = ""
) -> Response:
    row = await file_place(command.session, place_id, kind, event, act=command.act)
    location = f"/v1/{path}/{row.id}" if path else None
    return await command.answer(model_from(form, row), status=201, version=row.version, location=location)


async def _change(command: Commanded, place_id: str, kind: str, event: DatedPlace, form: type[P]) -> Response:
    version = command.expected_version()
    row = await change_place(command.session, place_id, kind, event, version=version, act=command.act)
    return await command.answer(model_from(form, row), version=row.version)


async def _listed(session: AsyncSession, pilot: str, kind: str, form: type[P], wanted: WantedByKeys) -> Page[P]:
    rows = await wanted.rows(session, places_of(pilot, kind), PlaceRow.id)
    return wanted.page(rows, [model_from(form, row) for row in rows], PlaceRow.id)


@router.post("/v1/pilots", name="file_pilot", status_code=201, response_model=PilotOut)
async def file_a_pilot(body: PilotIn, command: Commanded) -> Response:
    """File the caller's pilot."""
    event = PilotChanged.model_validate({"pilot": command.caller.pilot, **body.model_dump()})
    row = await file_pilot(command.session, event, act=command.act)
    return await command.answer(model_from(PilotOut, row), status=201, version=row.version)


@router.post("/v1/pilots/{code}/changes", name="change_pilot", response_model=PilotOut)
async def change_a_pilot(code: Reference, body: PilotChangeIn, command: Commanded) -> Response:
    """Change the pilot's data from now on."""
    event = PilotChanged.model_validate({"pilot": command.caller.pilot, **body.model_dump()})
    row = await change_pilot(command.session, code, event, version=command.expected_version(), act=command.act)
    return await command.answer(model_from(PilotOut, row), version=row.version)


@router.get("/v1/pilots")
async def list_pilots(session: Reading, caller: Authorised, wanted: WantedPageByKeys) -> Page[PilotOut]:
    """The caller's pilot."""
    return await _listed(session, caller.pilot, "pilot", PilotOut, wanted)


@router.post("/v1/banks", status_code=201, response_model=BankOut)
async def file_bank(body: BankIn, command: Commanded) -> Response:
    """File a handling bank."""
    bank_id = uuid7()
    event = BankFiled.model_validate({"bank_id": bank_id, "pilot": command.caller.pilot, **body.model_dump()})
    return await _file(command, str(bank_id), "bank", event, BankOut, "banks")


@router.post("/v1/banks/{bank_id}/changes", response_model=BankOut)
async def change_bank(bank_id: UUID, body: BankIn, command: Commanded) -> Response:
    """Change a handling bank; `valid_to` ends its filing."""
    event = BankFiled.model_validate({"bank_id": bank_id, "pilot": command.caller.pilot, **body.model_dump()})
    return await _change(command, str(bank_id), "bank", event, BankOut)


@router.get("/v1/banks/{bank_id}")
async def read_bank(bank_id: UUID, session: Reading, caller: Authorised, response: Response) -> BankOut:
    """One handling bank."""
    return await _read(session, caller, str(bank_id), "bank", response, BankOut)


@router.get("/v1/banks")
async def list_banks(session: Reading, caller: Authorised, wanted: WantedPageByKeys) -> Page[BankOut]:
    """The handling banks."""
    return await _listed(session, caller.pilot, "bank", BankOut, wanted)


@router.post("/v1/sites", status_code=201, response_model=SiteOut)
async def file_site(body: SiteIn, command: Commanded) -> Response:
    """File a supervised site or consolidation warehouse."""
    site_id = uuid7()
    event = SiteFiled.model_validate({"site_id": site_id, "pilot": command.caller.pilot, **body.model_dump()})
    return await _file(command, str(site_id), "site", event, SiteOut, "sites")


@router.post("/v1/sites/{site_id}/changes", response_model=SiteOut)
async def change_site(site_id: UUID, body: SiteIn, command: Commanded) -> Response:
    """Change a supervised site or warehouse; `valid_to` ends its filing."""
    event = SiteFiled.model_validate({"site_id": site_id, "pilot": command.caller.pilot, **body.model_dump()})
    return await _change(command, str(site_id), "site", event, SiteOut)


@router.get("/v1/sites/{site_id}")
async def read_site(site_id: UUID, session: Reading, caller: Authorised, response: Response) -> SiteOut:
    """One supervised site or warehouse."""
    return await _read(session, caller, str(site_id), "site", response, SiteOut)


@router.get("/v1/sites")
async def list_sites(session: Reading, caller: Authorised, wanted: WantedPageByKeys) -> Page[SiteOut]:
    """The supervised sites and warehouses."""
    return await _listed(session, caller.pilot, "site", SiteOut, wanted)


@router.post("/v1/ports", status_code=201, response_model=PortOut)
async def designate_port(body: PortIn, command: Commanded) -> Response:
    """Designate a port of exit."""
    pilot = command.caller.pilot
    event = PortDesignated.model_validate({"pilot": pilot, **body.model_dump()})
    return await _file(command, f"port:{pilot}:{body.port_code}", "port", event, PortOut)


@router.post("/v1/ports/{port_code}/changes", response_model=PortOut)
async def change_port(port_code: Reference, body: PortDatesIn, command: Commanded) -> Response:
    """Change a port's name or dates; `valid_to` ends its designation."""
    pilot = command.caller.pilot
    event = PortDesignated.model_validate({"pilot": pilot, "port_code": port_code, **body.model_dump()})
    return await _change(command, f"port:{pilot}:{port_code}", "port", event, PortOut)


@router.get("/v1/ports")
async def list_ports(session: Reading, caller: Authorised, wanted: WantedPageByKeys) -> Page[PortOut]:
    """The designated ports."""
    return await _listed(session, caller.pilot, "port", PortOut, wanted)
