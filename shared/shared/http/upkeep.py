"""Routes for operators that every service has: parked events, audit trail, rule parameters, administrators."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import Table

from shared.http.access import Access
from shared.http.administration import ADMINISTRATION_ACCESS, add_administration
from shared.http.audit_trail import AUDIT_TRAIL_ACCESS, add_audit_trail
from shared.http.parked_events import PARKED_EVENTS_ACCESS, add_parked_events
from shared.http.reconciliation import RECONCILIATION_ACCESS, add_reconciliation
from shared.http.routes import service_router
from shared.http.rule_parameters import RULE_PARAMETERS_ACCESS, add_rule_parameters
from shared.http.tables import HttpTables
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.policy import Parameters

UPKEEP_ACCESS: Access = {
    **PARKED_EVENTS_ACCESS,
    **AUDIT_TRAIL_ACCESS,
    **ADMINISTRATION_ACCESS,
    **RULE_PARAMETERS_ACCESS,
    **RECONCILIATION_ACCESS,
}


def upkeep_router(
    messaging: MessagingTables, http: HttpTables, policy: Table, parameters: Parameters, subscriptions: Subscriptions
) -> APIRouter:
    """The routes for one service's tables."""
    router = service_router("upkeep")
    add_parked_events(router, messaging, subscriptions)
    add_audit_trail(router, http)
    add_administration(router, http)
    add_reconciliation(router, messaging)
    add_rule_parameters(router, policy, parameters)
    return router
