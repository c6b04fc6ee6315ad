"""Pilots, banks, sites and ports: the bureau's dated data."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.api.place_schemas import BankIn, PilotIn, PlaceOut, Places, PortIn, SiteIn
from registry.operations.places.file_place import change_place, file_place
from registry.store.places import places_of
from registry.store.tables import PlaceRow
from shared.events.registry import BankFiled, PilotChanged, PortDesignated, SiteFiled
from shared.http.access import Authorised
from shared.http.command import Commanded, Reading

router = APIRouter(tags=["places"])


def shown(row: PlaceRow) -> PlaceOut:
    """A place as everybody sees it."""
    return PlaceOut(id=row.id, kind=row.kind, content=row.content, version=row.version)


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
    row = await change_place(
        command.session, f"pilot:{code}", event, version=command.expected_version(), act=command.act
    )
    return await command.answer(shown(row), version=row.version)


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


@router.get("/v1/ports")
async def list_ports(session: Reading, caller: Authorised) -> Places:
    """The designated ports."""
    return await _listed(session, caller.pilot, "port")
