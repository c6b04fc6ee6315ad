"""Handovers, loads and packing lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from fastapi import Response

from shared.events.trade_ledger import PackingListState
from shared.http.access import Scoped
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.vocabulary.errors import NotFound
from trade_ledger.api.filters import WantedPackingLists
from trade_ledger.api.schemas import (
    AdmissionsIn,
    ArrivalIn,
    HandoverIn,
    HandoverOut,
    LoadIn,
    LoadOut,
    LoadSealIn,
    PackIn,
    PackingListIn,
    PackingListOut,
    PackingListSummary,
    PackLineIn,
    ReasonIn,
    UnpackIn,
)
from trade_ledger.operations.packing.admit_to_load import admit_to_load
from trade_ledger.operations.packing.close_load import close_load
from trade_ledger.operations.packing.open_load import open_load
from trade_ledger.operations.packing.open_packing_list import open_packing_list
from trade_ledger.operations.packing.pack_lines import ToPack, pack_lines
from trade_ledger.operations.packing.record_arrival import record_arrival
from trade_ledger.operations.packing.record_handover import record_handover
from trade_ledger.operations.packing.reopen_load import reopen_load
from trade_ledger.operations.packing.reopen_packing_list import reopen_packing_list
from trade_ledger.operations.packing.seal_load import seal_load
from trade_ledger.operations.packing.seal_packing_list import seal_packing_list
from trade_ledger.operations.packing.unpack_lines import unpack_lines
from trade_ledger.operations.packing.void_packing_list import void_packing_list
from trade_ledger.publishers.packing import load_state, packing_list_state
from trade_ledger.store.packing import handovers_seen_by, loads_seen_by, packing_lists_like, packing_lists_seen_by
from trade_ledger.store.tables.packing import HandoverRow, LoadRow, PackingListRow
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import trades_numbered

router = service_router("packing")


@router.post("/v1/handovers", operation_id="record_handover", status_code=201, response_model=HandoverOut)
async def hand_over(body: HandoverIn, command: Commanded) -> Response:
    """Record that goods went from the stall holder to the operator."""
    numbered = await trades_numbered(command.session, command.scope, body.trade_numbers)
    ids = body.trade_ids or [numbered[number].id for number in body.trade_numbers]
    at = "/trade_ids" if body.trade_ids else "/trade_numbers"
    row = await record_handover(command.session, ids, act=command.act, at=at)
    return await command.answer(_handed(row), status=201, version=1, location=f"/v1/handovers/{row.id}")


def _handed(row: HandoverRow) -> HandoverOut:
    return model_from(HandoverOut, row)


@router.get("/v1/handovers/{handover_id}")
async def read_handover(handover_id: UUID, session: Reading, scope: Scoped, response: Response) -> HandoverOut:
    """One handover."""
    row = await row_seen(session, handovers_seen_by(scope), handover_id, pilot=scope.pilot, what="handover")
    response.headers["etag"] = '"1"'
    return _handed(row)


async def _load_answer(command: Command, row: LoadRow, status: int = 200) -> Response:
    state = await load_state(command.session, row)
    answer = LoadOut(id=row.id, version=row.version, load=state)
    location = f"/v1/loads/{row.id}" if status == 201 else None
    return await command.answer(answer, status=status, version=row.version, location=location)


@router.post("/v1/loads", status_code=201, response_model=LoadOut)
async def open_a_load(body: LoadIn, command: Commanded) -> Response:
    """Open a load for a container or vehicle."""
    row = await open_load(
        command.session, container_number=body.container_number, vehicle=body.vehicle, act=command.act
    )
    return await _load_answer(command, row, 201)


@router.get("/v1/loads/{load_id}")
async def read_load(load_id: UUID, session: Reading, scope: Scoped, response: Response) -> LoadOut:
    """One load."""
    row = await row_seen(session, loads_seen_by(scope), load_id, pilot=scope.pilot, what="load")
    state = await load_state(session, row)
    response.headers["etag"] = f'"{row.version}"'
    return LoadOut(id=row.id, version=row.version, load=state)


@router.post("/v1/loads/{load_id}/admissions", operation_id="admit_to_load", response_model=LoadOut)
async def admit(load_id: UUID, body: AdmissionsIn, command: Commanded) -> Response:
    """Say anew who may open packing lists in the caller's load; who has opened one keeps it."""
    version = command.expected_version()
    row = await admit_to_load(command.session, load_id, body.admitted_ids, version=version, act=command.act)
    return await _load_answer(command, row)


@router.post("/v1/loads/{load_id}/seals", response_model=LoadOut)
async def seal_a_load(load_id: UUID, body: LoadSealIn, command: Commanded) -> Response:
    """Seal a load whose packing lists are all sealed."""
    version = command.expected_version()
    row = await seal_load(command.session, load_id, seal_number=body.seal_number, version=version, act=command.act)
    return await _load_answer(command, row)


@router.post("/v1/loads/{load_id}/reopenings", response_model=LoadOut)
async def reopen_a_load(load_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Open a sealed load again, before what it holds is declared or after that was given up; it needs a new seal."""
    version = command.expected_version()
    row = await reopen_load(command.session, load_id, reason=body.reason, version=version, act=command.act)
    return await _load_answer(command, row)


@router.post("/v1/loads/{load_id}/closings", response_model=LoadOut)
async def close_a_load(load_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Close a load that holds nothing any more, so that its container is free."""
    version = command.expected_version()
    row = await close_load(command.session, load_id, reason=body.reason, version=version, act=command.act)
    return await _load_answer(command, row)


@router.post("/v1/loads/{load_id}/arrivals", response_model=LoadOut)
async def report_arrival(load_id: UUID, body: ArrivalIn, command: Commanded) -> Response:
    """Report the load's arrival at the caller's supervised site."""
    row = await record_arrival(
        command.session,
        load_id,
        arrived_at=body.arrived_at,
        version=command.expected_version(),
        scope=command.scope,
        act=command.act,
    )
    return await _load_answer(command, row)


async def _list_answer(command: Command, state: PackingListState, status: int = 200) -> Response:
    answer = PackingListOut(id=state.packing_list_id, version=state.version, packing_list=state)
    location = f"/v1/packing-lists/{state.packing_list_id}" if status == 201 else None
    return await command.answer(answer, status=status, version=state.version, location=location)


@router.post("/v1/packing-lists", status_code=201, response_model=PackingListOut)
async def open_a_packing_list(body: PackingListIn, command: Commanded) -> Response:
    """Open the caller's packing list in an open load of its own, or one whose consolidator admits it."""
    state = await open_packing_list(command.session, body.load_id, destination=body.destination, act=command.act)
    return await _list_answer(command, state, 201)


@router.post("/v1/packing-lists/{packing_list_id}/lines", operation_id="pack_lines", response_model=PackingListOut)
async def pack(packing_list_id: UUID, body: PackIn, command: Commanded) -> Response:
    """Pack trade lines, whole or in part."""
    numbers = [line.trade_number for line in body.lines if line.trade_number is not None]
    numbered = await trades_numbered(command.session, command.scope, numbers)
    lines = [
        ToPack(_line_id(line, numbered), **line.model_dump(exclude={"trade_line_id", "trade_number", "line_no"}))
        for line in body.lines
    ]
    version = command.expected_version()
    return await _list_answer(
        command, await pack_lines(command.session, packing_list_id, lines, version=version, act=command.act)
    )


def _line_id(line: PackLineIn, trades: Mapping[str, TradeRow]) -> UUID:
    if line.trade_line_id is not None:
        return line.trade_line_id
    trade = trades[line.trade_number or ""]
    for each in trade.state.lines:
        if each.line_no == line.line_no:
            return each.line_id
    raise NotFound(f"trade {trade.number} has no line {line.line_no}")


@router.post(
    "/v1/packing-lists/{packing_list_id}/unpackings", operation_id="unpack_lines", response_model=PackingListOut
)
async def unpack(packing_list_id: UUID, body: UnpackIn, command: Commanded) -> Response:
    """Take lines out again before the list is sealed."""
    state = await unpack_lines(
        command.session,
        packing_list_id,
        body.packed_line_ids,
        version=command.expected_version(),
        act=command.act,
    )
    return await _list_answer(command, state)


@router.post("/v1/packing-lists/{packing_list_id}/seals", response_model=PackingListOut)
async def seal_a_packing_list(packing_list_id: UUID, command: Commanded) -> Response:
    """Seal the list, so that its contents are fixed."""
    version = command.expected_version()
    return await _list_answer(
        command, await seal_packing_list(command.session, packing_list_id, version=version, act=command.act)
    )


@router.post("/v1/packing-lists/{packing_list_id}/reopenings", response_model=PackingListOut)
async def reopen_a_packing_list(packing_list_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Open a sealed list again while it isn't declared, to pack it anew."""
    version = command.expected_version()
    return await _list_answer(
        command,
        await reopen_packing_list(
            command.session, packing_list_id, reason=body.reason, version=version, act=command.act
        ),
    )


@router.post("/v1/packing-lists/{packing_list_id}/voidings", response_model=PackingListOut)
async def void_a_packing_list(packing_list_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Void a list that isn't declared: its quantities are free again."""
    version = command.expected_version()
    return await _list_answer(
        command,
        await void_packing_list(command.session, packing_list_id, reason=body.reason, version=version, act=command.act),
    )


@router.get("/v1/packing-lists")
async def list_packing_lists(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedPackingLists
) -> Page[PackingListSummary]:
    """The packing lists the caller may see, newest first, each in short."""
    query = packing_lists_seen_by(scope)
    query = packing_lists_like(query, **asdict(asked))
    rows = await wanted.rows(session, query, PackingListRow.id)
    return wanted.page(rows, [model_from(PackingListSummary, row) for row in rows], "id")


@router.get("/v1/packing-lists/{packing_list_id}")
async def read_packing_list(
    packing_list_id: UUID, session: Reading, scope: Scoped, response: Response
) -> PackingListOut:
    """One packing list."""
    query = packing_lists_seen_by(scope)
    row = await row_seen(session, query, packing_list_id, pilot=scope.pilot, what="packing list")
    response.headers["etag"] = f'"{row.version}"'
    state = await packing_list_state(session, row)
    return PackingListOut(id=row.id, version=row.version, packing_list=state)
