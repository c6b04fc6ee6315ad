"""Pilots, banks, sites and ports: the bureau's dated data."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.api.place_schemas import BankIn, PilotIn, PlaceOut, Places, PortDatesIn, PortIn, SiteIn
from registry.operations.places.file_place import change_place, file_place
from registry.store.places import place, places_of
from registry.store.tables import PlaceRow
from shared.events.base import Event
from shared.events.registry import BankFiled, PilotChanged, PortDesignated, SiteFiled
from shared.http.access import Authorised
from shared.http.command import Commanded, Reading
from shared.http.identity import Caller
from shared.vocabulary.errors import NotFound

router = APIRouter(tags=["places"])


def shown(row: PlaceRow) -> PlaceOut:
    """A place as everybody sees it."""
    return PlaceOut(id=row.id, kind=row.kind, content=row.content, version=row.version)


async def _read(session: AsyncSession, caller: Caller, place_id: str, kind: str, response: Response) -> PlaceOut:
    row = await place(session, place_id)
    if row is None or row.pilot != caller.pilot or row.kind != kind:
        raise NotFound(f"no {kind} {place_id}")
    response.headers["etag"] = f'"{row.version}"'
    return shown(row)


async def _change(command: Commanded, place_id: str, kind: str, event: Event) -> Response:
    version = command.expected_version()
    row = await change_place(command.session, place_id, kind, event, version=version, act=command.act)
    return await command.answer(shown(row), version=row.version)


async def _listed(session: AsyncSession, pilot: str, kind: str) -> Places:
    rows = await places_of(session, pilot, kind)
    return Places(items=[shown(row).model_dump() for row in rows])


@router.post("/v1/pilots", status_code=201, response_model=PlaceOut)
async def file_pilot(body: PilotIn, command: Commanded) -> Response:
    """File the caller's pilot."""
    event = PilotChanged.model_validate({"pilot": command.caller.pilot, **body.model_dump()})
    row = await file_place(command.session, f"pilot:{command.caller.pilot}", "pilot", event, act=command.act)
    return await command.answer(shown(row), status=201, version=row.version)


@router.post("/v1/pilots/{code}/changes", response_model=PlaceOut)
async def change_pilot(code: str, body: PilotIn, command: Commanded) -> Response:
    """Change the pilot's data from now on."""
    event = PilotChanged.model_validate({"pilot": command.caller.pilot, **body.model_dump()})
    return await _change(command, f"pilot:{code}", "pilot", event)


@router.get("/v1/pilots")
async def list_pilots(session: Reading, caller: Authorised) -> Places:
    """The caller's pilot."""
    return await _listed(session, caller.pilot, "pilot")


@router.post("/v1/banks", status_code=201, response_model=PlaceOut)
async def file_bank(body: BankIn, command: Commanded) -> Response:
    """File a handling bank."""
    bank_id = uuid7()
    event = BankFiled.model_validate({"bank_id": bank_id, "pilot": command.caller.pilot, **body.model_dump()})
    row = await file_place(command.session, str(bank_id), "bank", event, act=command.act)
    return await command.answer(shown(row), status=201, version=row.version, location=f"/v1/banks/{row.id}")


@router.post("/v1/banks/{bank_id}/changes", response_model=PlaceOut)
async def change_bank(bank_id: UUID, body: BankIn, command: Commanded) -> Response:
    """Change a handling bank; `valid_to` ends its filing."""
    event = BankFiled.model_validate({"bank_id": bank_id, "pilot": command.caller.pilot, **body.model_dump()})
    return await _change(command, str(bank_id), "bank", event)


@router.get("/v1/banks/{bank_id}")
async def read_bank(bank_id: UUID, session: Reading, caller: Authorised, response: Response) -> PlaceOut:
    """One handling bank."""
    return await _read(session, caller, str(bank_id), "bank", response)


@router.get("/v1/banks")
async def list_banks(session: Reading, caller: Authorised) -> Places:
    """The handling banks."""
    return await _listed(session, caller.pilot, "bank")


@router.post("/v1/sites", status_code=201, response_model=PlaceOut)
async def file_site(body: SiteIn, command: Commanded) -> Response:
    """File a supervised site or consolidation warehouse."""
    site_id = uuid7()
    event = SiteFiled.model_validate({"site_id": site_id, "pilot": command.caller.pilot, **body.model_dump()})
    row = await file_place(command.session, str(site_id), "site", event, act=command.act)
    return await command.answer(shown(row), status=201, version=row.version, location=f"/v1/sites/{row.id}")


@router.post("/v1/sites/{site_id}/changes", response_model=PlaceOut)
async def change_site(site_id: UUID, body: SiteIn, command: Commanded) -> Response:
    """Change a supervised site or warehouse; `valid_to` ends its filing."""
    event = SiteFiled.model_validate({"site_id": site_id, "pilot": command.caller.pilot, **body.model_dump()})
    return await _change(command, str(site_id), "site", event)


@router.get("/v1/sites/{site_id}")
async def read_site(site_id: UUID, session: Reading, caller: Authorised, response: Response) -> PlaceOut:
    """One supervised site or warehouse."""
    return await _read(session, caller, str(site_id), "site", response)


@router.get("/v1/sites")
async def list_sites(session: Reading, caller: Authorised) -> Places:
    """The supervised sites and warehouses."""
    return await _listed(session, caller.pilot, "site")


@router.post("/v1/ports", status_code=201, response_model=PlaceOut)
async def designate_port(body: PortIn, command: Commanded) -> Response:
    """Designate a port of exit."""
    pilot = command.caller.pilot
    event = PortDesignated.model_validate({"pilot": pilot, **body.model_dump()})
    row = await file_place(command.session, f"port:{pilot}:{body.port_code}", "port", event, act=command.act)
    return await command.answer(shown(row), status=201, version=row.version)


@router.post("/v1/ports/{port_code}/changes", response_model=PlaceOut)
async def change_port(port_code: str, body: PortDatesIn, command: Commanded) -> Response:
    """Change a port's name or dates; `valid_to` ends its designation."""
    pilot = command.caller.pilot
    event = PortDesignated.model_validate({"pilot": pilot, "port_code": port_code, **body.model_dump()})
    return await _change(command, f"port:{pilot}:{port_code}", "port", event)


@router.get("/v1/ports")
async def list_ports(session: Reading, caller: Authorised) -> Places:
    """The designated ports."""
    return await _listed(session, caller.pilot, "port")
