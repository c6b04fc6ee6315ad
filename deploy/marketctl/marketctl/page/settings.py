"""The settings of the page's process."""

from __future__ import annotations

import os
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from marketctl.layout import SERVICES, package_of


class PageSettings(BaseSettings):
    """Where the services are; no database, no key and no right of its own."""

    model_config = SettingsConfigDict(extra="ignore", secrets_dir=os.environ.get("SECRETS_DIR"))

    environment: Literal["sandbox", "production"] = "production"
    registry_url: str
    trade_ledger_url: str
    fx_settlement_url: str
    tax_exemption_url: str
    registry_worker_url: str | None = None
    trade_ledger_worker_url: str | None = None
    fx_settlement_worker_url: str | None = None
    tax_exemption_worker_url: str | None = None
    issuer_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def addresses(self) -> dict[str, str]:
        """The base URL of each process that is known, workers as `<service>-worker`."""
        names = [*SERVICES, *(f"{service}-worker" for service in SERVICES)]
        found = {name: getattr(self, f"{package_of(name)}_url") for name in names}
        return {name: url.rstrip("/") for name, url in found.items() if url}

    @property
    def development_issuer(self) -> str | None:
        """Where tokens are for the asking: in a sandbox only."""
        return self.issuer_url.rstrip("/") if self.issuer_url and self.environment == "sandbox" else None
