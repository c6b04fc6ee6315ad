"""Registry's second process: relay, consumer, audit chain."""

from __future__ import annotations

import sys

from registry.consumers.subscriptions import subscriptions
from registry.settings import Settings
from registry.store.tables import http_tables, messaging
from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker
from shared.settings import read_settings

if __name__ == "__main__":
    settings = read_settings(Settings)
    purge_keys = KeyPurge("registry", settings.key_days)
    sys.exit(
        run_worker(settings, messaging, subscriptions, [Chaining(http_tables), purge_keys], HeadPublisher("registry"))
    )
