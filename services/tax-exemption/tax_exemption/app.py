"""Tax-exemption's HTTP process."""

from __future__ import annotations

from pathlib import Path

from shared.http.app import Service, make_app
from shared.http.delegated_acts import delegated_acts_router
from shared.http.parties import Parties, filings_in
from shared.http.upkeep import upkeep_router
from tax_exemption.api import calendar_days, certificates, middle_rates, tax
from tax_exemption.api.access import ACCESS
from tax_exemption.consumers.subscriptions import subscriptions
from tax_exemption.settings import Settings
from tax_exemption.store.delegations import delegations
from tax_exemption.store.parameters import parameters
from tax_exemption.store.tables import SubjectCopy, http_tables, messaging, metadata, policy

service = Service(
    name="tax-exemption",
    title="tax-exemption · 免税申报",
    description="Exemption items, returns and certificates of a market procurement pilot (1039).",
    routers=[
        tax.router,
        certificates.router,
        middle_rates.router,
        calendar_days.router,
        delegated_acts_router(delegations),
        upkeep_router(messaging, http_tables, policy, parameters, subscriptions),
    ],
    access=ACCESS,
    problems=Path(__file__).with_name("problems.toml"),
    metadata=metadata,
    http_tables=http_tables,
    parties=Parties(filings_in(SubjectCopy)),
    delegations=delegations,
)
app = make_app(service, Settings)
