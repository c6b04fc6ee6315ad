"""Fx-settlement's HTTP process."""

from __future__ import annotations

from pathlib import Path

from fx_settlement.api import collections, conflicts, persons, rooms, transfers
from fx_settlement.api.access import ACCESS
from fx_settlement.consumers.subscriptions import subscriptions
from fx_settlement.settings import Settings
from fx_settlement.store.delegations import delegations
from fx_settlement.store.parameters import parameters
from fx_settlement.store.parties import bank_in_force
from fx_settlement.store.tables import SubjectCopy, http_tables, messaging, metadata, policy
from shared.http.app import Service, make_app
from shared.http.parties import Parties, filings_in
from shared.http.upkeep import upkeep_router

service = Service(
    name="fx-settlement",
    title="fx-settlement · 收结汇",
    description="Collections, matches, pass-ons and conversions of a market procurement pilot (1039).",
    routers=[
        collections.router,
        conflicts.router,
        rooms.router,
        transfers.router,
        persons.router,
        upkeep_router(messaging, http_tables, policy, parameters, subscriptions),
    ],
    access=ACCESS,
    problems=Path(__file__).with_name("problems.toml"),
    metadata=metadata,
    http_tables=http_tables,
    parties=Parties(filings_in(SubjectCopy), banks=bank_in_force),
    delegations=delegations,
)
app = make_app(service, Settings)
