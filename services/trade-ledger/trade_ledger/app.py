"""Trade-ledger's HTTP process."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from shared.http.app import Service, make_app
from shared.http.delegated_acts import delegated_acts_router
from shared.http.parties import Parties, filings_in
from shared.http.upkeep import upkeep_router
from trade_ledger.api import (
    conflicts,
    customs_rates,
    declarations,
    packing,
    persons,
    trace,
    trade_batches,
    trade_imports,
    trade_jobs,
    trades,
)
from trade_ledger.api.access import ACCESS
from trade_ledger.api.job_runner import trades_running
from trade_ledger.api.trade_batches import is_remembered
from trade_ledger.consumers.subscriptions import subscriptions
from trade_ledger.settings import Settings
from trade_ledger.store.delegations import delegations
from trade_ledger.store.facts import bank_in_force, place_in_force
from trade_ledger.store.parameters import parameters
from trade_ledger.store.tables import http_tables, messaging, metadata, policy
from trade_ledger.store.tables.copies import SubjectCopy

_PROBLEMS = Path(__file__).with_name("problems.toml")
service = Service(
    name="trade-ledger",
    title="trade-ledger · 交易·组货·报关",
    description="Trades, packing and declarations of a market procurement pilot (1039).",
    routers=[
        trade_batches.router,
        trade_imports.router,
        trade_imports.marking_router,
        trade_jobs.router,
        trades.router,
        delegated_acts_router(delegations),
        packing.router,
        declarations.router,
        conflicts.router,
        customs_rates.router,
        trace.router,
        persons.router,
        upkeep_router(messaging, http_tables, policy, parameters, subscriptions),
    ],
    access=ACCESS,
    problems=_PROBLEMS,
    metadata=metadata,
    http_tables=http_tables,
    parties=Parties(filings_in(SubjectCopy), bank_in_force, place_in_force, is_remembered),
    delegations=delegations,
    running=partial(trades_running, problems=_PROBLEMS),
)
app = make_app(service, Settings)
