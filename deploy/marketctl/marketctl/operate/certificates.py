"""Certificates of an authority of one's own, for what speaks TLS inside a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.vocabulary.errors import SetupProblem

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 825
_PEM = serialization.Encoding.PEM


def new_key() -> str:
    """A private key as PEM, unencrypted: for a file of mode 0600."""
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def authority(key: str) -> str:
    """The certificate of the authority that this key is, as PEM."""
    own = _key(key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "market-1039 deployment authority")])
    made = _dated(name, name, own.public_key(), _AUTHORITY_DAYS)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    made = made.add_extension(_usage(signs_certificates=True), critical=True)
    return made.sign(own, hashes.SHA256()).public_bytes(_PEM).decode()


def certificate(key: str, names: Sequence[str], authority_pem: str, authority_key: str) -> str:
    """The certificate of a server of these names, signed by the authority, as PEM."""
    signer, own = x509.load_pem_x509_certificate(authority_pem.encode()), _key(key)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    made = _dated(subject, signer.subject, own.public_key(), _SERVER_DAYS)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs_certificates=False), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    identified = x509.AuthorityKeyIdentifier.from_issuer_public_key(_key(authority_key).public_key())
    made = made.add_extension(identified, critical=False)
    return made.sign(_key(authority_key), hashes.SHA256()).public_bytes(_PEM).decode()


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise SetupProblem("a key of the deployment's certificates is of another kind: keep it elsewhere, make it anew")
    return found


def _dated(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    made = made.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=days))
    return made.serial_number(x509.random_serial_number())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
