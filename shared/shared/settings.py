"""A process's settings from its environment; read by `app.py` and `worker.py` only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """One service's settings, from the environment or files in `SECRETS_DIR`."""

    model_config = SettingsConfigDict(extra="ignore", secrets_dir=os.environ.get("SECRETS_DIR"))

    environment: Literal["sandbox", "production"] = "production"
    database_url: SecretStr
    bus: Literal["embedded", "kafka"] = "embedded"
    bus_database_url: SecretStr | None = None
    kafka_bootstrap: str | None = None
    kafka_prefix: str = ""
    issuer: str
    audience: str = "market-1039"
    jwks_url: str
    sealing_key: SecretStr
    clock_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    worker_port: int = 0
    pool_size: int = 10
    log_level: str = "INFO"
