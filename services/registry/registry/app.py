"""Registry's HTTP process."""

from __future__ import annotations

from pathlib import Path

from registry.api import (
    agreements,
    amendments,
    claims,
    commodities,
    credit,
    delegations,
    filings,
    persons,
    places,
    subjects,
)
from registry.api.access import ACCESS
from registry.consumers.subscriptions import subscriptions
from registry.settings import Settings
from registry.store.parameters import parameters
from registry.store.places import bank_in_force, place_in_force
from registry.store.subjects import filings_in
from registry.store.tables import http_tables, messaging, metadata, policy
from shared.http.app import Service, make_app
from shared.http.parties import Parties
from shared.http.upkeep import upkeep_router

service = Service(
    name="registry",
    title="registry · 主体备案",
    description="Filing, agreements, commodities, credit and places of a market procurement pilot (1039).",
    routers=[
        subjects.router,
        filings.router,
        claims.router,
        amendments.router,
        persons.router,
        credit.router,
        agreements.router,
        delegations.router,
        places.router,
        commodities.router,
        upkeep_router(messaging, http_tables, policy, parameters, subscriptions),
    ],
    access=ACCESS,
    problems=Path(__file__).with_name("problems.toml"),
    metadata=metadata,
    http_tables=http_tables,
    parties=Parties(filings_in, bank_in_force, place_in_force),
)
app = make_app(service, Settings)
