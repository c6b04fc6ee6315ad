"""What marketctl knows of each service: one description, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # What commands that ask for no service don't have to load.
    from fastapi import FastAPI
    from sqlalchemy import MetaData

    from shared.http.access import Access
    from shared.http.app import Service
    from shared.http.tables import HttpTables
    from shared.messaging.subscriptions import Subscriptions
    from shared.messaging.tables import MessagingTables
    from shared.policy import Parameters
    from shared.sealing import SealedRows


class HttpProcess(Protocol):
    """The module `app` of a service: what it serves, and the application made of it."""

    service: Service
    app: FastAPI


@dataclass(frozen=True, slots=True)
class Described:
    """One service: its tables, what it hears, who may call it, its rule parameters, what it seals.

    The `load_…` load the HTTP application too, which takes a second that only the generated documents need.
    """

    name: str
    metadata: MetaData
    messaging: MessagingTables
    http_tables: HttpTables
    parameters: Parameters
    subscriptions: Subscriptions
    access: Access
    load_http: Callable[[], HttpProcess]
    sealed: tuple[SealedRows, ...] = ()

    def load_app(self) -> FastAPI:
        """The service's application."""
        return self.load_http().app

    def load_service(self) -> Service:
        """What the application is made of."""
        return self.load_http().service


@cache
def described(service: str) -> Described:
    """The description of a service by its name; KeyError for one that there isn't."""
    return _DESCRIPTIONS[service]()


def _registry() -> Described:
    from registry.api.access import ACCESS
    from registry.consumers.subscriptions import subscriptions
    from registry.store.parameters import parameters
    from registry.store.sealed import SEALED
    from registry.store.tables import http_tables, messaging, metadata

    def load_http() -> HttpProcess:
        from registry import app

        return app

    return Described("registry", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_http, SEALED)


def _trade_ledger() -> Described:
    from trade_ledger.api.access import ACCESS
    from trade_ledger.consumers.subscriptions import subscriptions
    from trade_ledger.store.parameters import parameters
    from trade_ledger.store.sealed import SEALED
    from trade_ledger.store.tables import http_tables, messaging, metadata

    def load_http() -> HttpProcess:
        from trade_ledger import app

        return app

    return Described(
        "trade-ledger", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_http, SEALED
    )


def _fx_settlement() -> Described:
    from fx_settlement.api.access import ACCESS
    from fx_settlement.consumers.subscriptions import subscriptions
    from fx_settlement.store.parameters import parameters
    from fx_settlement.store.sealed import SEALED
    from fx_settlement.store.tables import http_tables, messaging, metadata

    def load_http() -> HttpProcess:
        from fx_settlement import app

        return app

    return Described(
        "fx-settlement", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_http, SEALED
    )


def _tax_exemption() -> Described:
    from tax_exemption.api.access import ACCESS
    from tax_exemption.consumers.subscriptions import subscriptions
    from tax_exemption.store.parameters import parameters
    from tax_exemption.store.tables import http_tables, messaging, metadata

    def load_http() -> HttpProcess:
        from tax_exemption import app

        return app

    return Described("tax-exemption", metadata, messaging, http_tables, parameters, subscriptions, ACCESS, load_http)


_DESCRIPTIONS = {
    "registry": _registry,
    "trade-ledger": _trade_ledger,
    "fx-settlement": _fx_settlement,
    "tax-exemption": _tax_exemption,
}
