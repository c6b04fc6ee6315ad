"""What production refuses to start with: secrets that others may know, and issuers whose tokens anybody can have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

DEVELOPMENT_ISSUER_MARK = "development-only"
LEAST_SECRET = 32
LEAST_PASSWORD = 16
_LEAST_DIFFERENT = 10
_UNQUOTED_TIMES = 5
# Of six letters and more: a shorter word may stand in random letters by chance.
_WELL_KNOWN = re.compile(
    r"change.?me|changeit|passw[o0]rd|secret|postgres|default|example|sealing|sandbox|development|insecure|"
    r"placeholder|replace.?me|letmein|qwerty|123456|abcdef|correct.?horse|supersecret|hunter2|market.?1039",
    re.IGNORECASE,
)
_HOW = "give it one that `openssl rand -base64 32` makes"


def names_development(text: str) -> bool:
    """Whether a text holds the development issuer's mark, however it is spelt: case, width, percent signs, blanks."""
    for _ in range(_UNQUOTED_TIMES):
        text = unicodedata.normalize("NFKC", unquote(text))
    letters = "".join(each for each in text.casefold() if each.isalnum())
    return "".join(each for each in DEVELOPMENT_ISSUER_MARK if each.isalnum()) in letters


def faults_of_secret(name: str, value: str, least: int = LEAST_SECRET) -> Iterator[str]:
    """Why a secret is none: each fault a sentence that never repeats it."""
    if not value.strip():
        yield f"{name} is empty: {_HOW}"
    elif len(value) < least:
        yield f"{name} has {len(value)} characters and needs {least}: {_HOW}"
    elif _WELL_KNOWN.search(value):
        yield f"{name} holds a word that anybody tries first: {_HOW}"
    elif len(set(value)) < _LEAST_DIFFERENT:
        yield f"{name} has {len(set(value))} different characters and needs {_LEAST_DIFFERENT}: {_HOW}"


def faults_of_database(name: str, url: str) -> Iterator[str]:
    """Why the password in a database's URL is none; a URL without any leaves it to the server how it knows us."""
    try:
        told = urlsplit(url)
        user, password = unquote(told.username or ""), told.password
    except ValueError:
        yield f"{name} is no address of a database"
        return
    if password is None:
        return
    said = f"the password of {name}"
    if user and unquote(password).casefold() in (user.casefold(), told.path.strip("/").casefold()):
        yield f"{said} is the name of its user or its database: {_HOW}"
    else:
        yield from faults_of_secret(said, unquote(password), LEAST_PASSWORD)


def faults_of_kafka(name: str, security: str) -> Iterator[str]:
    """Why the setting `name` doesn't fit production: Kafka wouldn't know who writes, or others could read along."""
    if security != "SASL_SSL":
        yield f"{name} is {security}: production reaches Kafka by SASL_SSL, as a user of its own"


def faults_of_address(name: str, url: str) -> Iterator[str]:
    """Why an address of the identity provider is none: without TLS, of this machine, or the development issuer's."""
    if names_development(url):
        yield f"{name} is the development issuer: production refuses it"
        return
    try:
        told = urlsplit(url)
        host = (told.hostname or "").rstrip(".")
    except ValueError:
        told, host = urlsplit(""), ""
    if told.scheme.lower() != "https" or not url.isascii() or not url.isprintable() or not host or "%" in host:
        yield f"{name} is no https address in plain letters, such as https://login.example.org"
    elif _is_this_machine(host.lower()):
        yield f"{name} is an address of this machine: production asks an identity provider"


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified
