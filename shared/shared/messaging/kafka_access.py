"""How a process is let in by Kafka: security, credentials, and how safely the topics that it makes are kept."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from shared.vocabulary.errors import SetupProblem

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """The settings that begin with KAFKA_, but for the brokers' addresses and the prefix of topics."""

    security: Security = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    replicas: int = 1
    in_sync: int = 1

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka is told; SetupProblem where a setting is missing or can't be used."""
        told: dict[str, Any] = {"security_protocol": self.security}
        if self.security.endswith("SSL"):
            told["ssl_context"] = self._certificates()
        if self.security.startswith("SASL"):
            if not self.user or not self.password:
                raise SetupProblem(f"KAFKA_SECURITY_PROTOCOL={self.security} needs KAFKA_USER and KAFKA_PASSWORD")
            told |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return told

    def _certificates(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            said = error.strerror or "it holds no certificate"
            raise SetupProblem(f"KAFKA_CA names {self.ca_file}, which can't be read: {said}") from error

    def require_possible(self) -> None:
        """SetupProblem where more replicas must be in sync than there are: nothing could be published."""
        if self.in_sync > self.replicas:
            raise SetupProblem(
                f"KAFKA_MIN_INSYNC_REPLICAS={self.in_sync} is more than KAFKA_REPLICATION_FACTOR={self.replicas}"
            )


UNSECURED = KafkaAccess()
