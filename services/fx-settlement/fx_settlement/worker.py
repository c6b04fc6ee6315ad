"""Fx-settlement's second process: relay, consumer, audit chain."""

from __future__ import annotations

import sys

from fx_settlement.consumers.subscriptions import subscriptions
from fx_settlement.settings import Settings
from fx_settlement.store.tables import http_tables, messaging
from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker
from shared.settings import read_settings

if __name__ == "__main__":
    settings = read_settings(Settings)
    purge_keys = KeyPurge("fx-settlement", settings.key_days)
    sys.exit(
        run_worker(
            settings, messaging, subscriptions, [Chaining(http_tables), purge_keys], HeadPublisher("fx-settlement")
        )
    )
