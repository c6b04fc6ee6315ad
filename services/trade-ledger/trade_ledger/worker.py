"""Trade-ledger's second process: relay, consumer, audit chain."""

from __future__ import annotations

from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker
from trade_ledger.consumers.subscriptions import subscriptions
from trade_ledger.settings import Settings
from trade_ledger.store.jobs import PURGE_JOBS
from trade_ledger.store.tables import http_tables, messaging


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; the exit status (`run_worker`)."""
    purge_keys = KeyPurge("trade-ledger", settings.key_days, also=[PURGE_JOBS])
    return run_worker(
        settings, messaging, subscriptions, [Chaining(http_tables), purge_keys], HeadPublisher("trade-ledger")
    )
