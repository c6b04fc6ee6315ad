"""A Kafka that lets in known users only: SCRAM over TLS, and nothing allowed that no rule allows."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.workshop.processes.kafka import KafkaServer

ADMIN = "admin"


class SecuredKafkaServer(KafkaServer):
    """`users` are names and passwords; the one called admin may do everything. `ca_file` is whom clients believe."""

    def __init__(self, data_dir: Path, port: int, controller_port: int, users: Mapping[str, str]) -> None:
        super().__init__(data_dir, port, controller_port)
        self._users = users

    @property
    def ca_file(self) -> Path:
        return self.data_dir / "ca.pem"

    def _listening(self) -> tuple[str, ...]:
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        return (
            f"listeners=SASL_SSL://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            f"advertised.listeners=SASL_SSL://127.0.0.1:{self.port}",
            # The controller's listener is this process's own.
            "listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            f"super.users=User:{ADMIN};User:ANONYMOUS",
            "inter.broker.listener.name=SASL_SSL",
            "sasl.enabled.mechanisms=SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config="
            f'{login} username="{ADMIN}" password="{self._users[ADMIN]}";',
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found=false",
            "ssl.keystore.type=PEM",
            "ssl.keystore.location=broker.pem",
            "ssl.truststore.type=PEM",
            "ssl.truststore.location=ca.pem",
        )

    def _format_options(self) -> list[str]:
        users = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in self._users.items()]
        return [word for user in users for word in ("--add-scram", user)]

    def _prepare(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not self.ca_file.exists():
            certificates = _certified()
            (self.data_dir / "broker.pem").write_bytes(certificates[0])
            self.ca_file.write_bytes(certificates[1])
        super()._prepare()


def _certified() -> tuple[bytes, bytes]:
    """A broker's key with its certificate for loopback, and the certificate of who signed it; for a day."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' authority")]), datetime.now(UTC)

    def made(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        named = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
        dated = named.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=1))
        return dated.serial_number(x509.random_serial_number())

    ca = made(issuer, ca_key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
    ca = ca.add_extension(_usage(signs_certificates=True), critical=True)
    broker = made(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")]), key.public_key())
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    broker = broker.add_extension(address, critical=False)
    broker = broker.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signed = [each.sign(ca_key, hashes.SHA256()).public_bytes(pem) for each in (broker, ca)]
    return private + signed[0], signed[1]


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
