"""Tax-exemption's second process: relay, consumer, audit chain."""

from __future__ import annotations

import sys

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.http.audit_chain import chain
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.worker import run_worker
from shared.settings import read_settings
from tax_exemption.consumers.subscriptions import subscriptions
from tax_exemption.settings import Settings
from tax_exemption.store.tables import http_tables, messaging


async def chain_audit(engine: AsyncEngine) -> None:
    """Chain what the trail has gained."""
    async with engine.begin() as connection:
        await chain(connection, http_tables)


if __name__ == "__main__":
    settings = read_settings(Settings)
    purge_keys = KeyPurge("tax-exemption", settings.key_days)
    sys.exit(run_worker(settings, messaging, subscriptions, [chain_audit, purge_keys], HeadPublisher("tax-exemption")))
