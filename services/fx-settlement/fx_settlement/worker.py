"""Fx-settlement's second process: relay, consumer, audit chain."""

from __future__ import annotations

from fx_settlement.consumers.subscriptions import subscriptions
from fx_settlement.settings import Settings
from fx_settlement.store.tables import http_tables, messaging
from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; the exit status (`run_worker`)."""
    purge_keys = KeyPurge("fx-settlement", settings.key_days)
    return run_worker(
        settings, messaging, subscriptions, [Chaining(http_tables), purge_keys], HeadPublisher("fx-settlement")
    )
