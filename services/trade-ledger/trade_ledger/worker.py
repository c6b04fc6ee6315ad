"""Trade-ledger's second process: relay, consumer, audit chain."""

from __future__ import annotations

import sys

from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker
from shared.settings import read_settings
from trade_ledger.consumers.subscriptions import subscriptions
from trade_ledger.settings import Settings
from trade_ledger.store.jobs import PURGE_JOBS
from trade_ledger.store.tables import http_tables, messaging

if __name__ == "__main__":
    settings = read_settings(Settings)
    purge_keys = KeyPurge("trade-ledger", settings.key_days, also=[PURGE_JOBS])
    sys.exit(
        run_worker(
            settings, messaging, subscriptions, [Chaining(http_tables), purge_keys], HeadPublisher("trade-ledger")
        )
    )
