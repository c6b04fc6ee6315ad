"""Tax-exemption's second process: relay, consumer, audit chain."""

from __future__ import annotations

from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker
from tax_exemption.consumers.subscriptions import subscriptions
from tax_exemption.settings import Settings
from tax_exemption.store.tables import http_tables, messaging


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; the exit status (`run_worker`)."""
    purge_keys = KeyPurge("tax-exemption", settings.key_days)
    return run_worker(
        settings, messaging, subscriptions, [Chaining(http_tables), purge_keys], HeadPublisher("tax-exemption")
    )
