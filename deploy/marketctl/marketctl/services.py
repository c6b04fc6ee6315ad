"""What marketctl knows of each service: one description, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What commands that ask for no service don't have to load.
    from fastapi import FastAPI
    from sqlalchemy import MetaData

    from shared.http.access import Access
    from shared.http.tables import HttpTables
    from shared.messaging.subscriptions import Subscriptions
    from shared.messaging.tables import MessagingTables
    from shared.policy import Parameters


@dataclass(frozen=True, slots=True)
class Described:
    """One service: its tables, what it hears, who may call it, its rule parameters.

    `load_app` loads the HTTP application too, which takes a second that only the generated documents need.
    """

    name: str
    metadata: MetaData
    messaging: MessagingTables
    http_tables: HttpTables
    parameters: Parameters
    subscriptions: Subscriptions
    access: Access
    load_app: Callable[[], FastAPI]


@cache
def described(service: str) -> Described:
    """The description of a service by its name; KeyError for one that there isn't."""
    return _DESCRIPTIONS[service]()


def _registry() -> Described:
    from registry.api.access import ACCESS
    from registry.consumers.subscriptions import subscriptions
    from registry.store.parameters import parameters
    from registry.store.tables import http_tables, messaging, metadata

    def load_app() -> FastAPI:
        from registry.app import app

        return app

    return Described("registry", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_app)


def _trade_ledger() -> Described:
    from trade_ledger.api.access import ACCESS
    from trade_ledger.consumers.subscriptions import subscriptions
    from trade_ledger.store.parameters import parameters
    from trade_ledger.store.tables import http_tables, messaging, metadata

    def load_app() -> FastAPI:
        from trade_ledger.app import app

        return app

    return Described("trade-ledger", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_app)


def _fx_settlement() -> Described:
    from fx_settlement.api.access import ACCESS
    from fx_settlement.consumers.subscriptions import subscriptions
    from fx_settlement.store.parameters import parameters
    from fx_settlement.store.tables import http_tables, messaging, metadata

    def load_app() -> FastAPI:
        from fx_settlement.app import app

        return app

    return Described("fx-settlement", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_app)


def _tax_exemption() -> Described:
    from tax_exemption.api.access import ACCESS
    from tax_exemption.consumers.subscriptions import subscriptions
    from tax_exemption.store.parameters import parameters
    from tax_exemption.store.tables import http_tables, messaging, metadata

    def load_app() -> FastAPI:
        from tax_exemption.app import app

        return app

    return Described("tax-exemption", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_app)


_DESCRIPTIONS = {
    "registry": _registry,
    "trade-ledger": _trade_ledger,
    "fx-settlement": _fx_settlement,
    "tax-exemption": _tax_exemption,
}
