"""Identity numbers, codes and container numbers: parsed once, trusted after (R-FILE-4, V4, V23, V58, V59)."""

from __future__ import annotations

import re
from datetime import date
from hashlib import md5
from typing import Literal, get_args
from uuid import UUID

import pycountry
from stdnum import iso6346
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

IdentityKind = Literal[
    "credit_code",
    "resident_id",
    "foreign_registration",
    "passport",
    "permanent_resident_card",
    "hk_macao_permit",
    "taiwan_permit",
]
IDENTITY_KINDS: tuple[str, ...] = get_args(IdentityKind)
NATURAL_PERSON_KINDS = frozenset(IDENTITY_KINDS) - {"credit_code", "foreign_registration"}
CHINESE_KINDS = frozenset({"credit_code", "resident_id"})
FOREIGN_KINDS = frozenset({"foreign_registration", "passport"})
# Since 2023 a permanent resident's card is numbered like a resident id: birth date and check digit at the same places.
_NUMBERED_LIKE_RESIDENT_ID = re.compile(r"9[0-9]{16}[0-9X]")
# After the 9 stands the province that issued it.
_CARD_OF_A_PROVINCE = re.compile(r"9(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{14}[0-9X]")

_FORMS = {
    "foreign_registration": re.compile(r"[A-Z0-9][A-Z0-9./-]{2,39}"),
    "passport": re.compile(r"[A-Z0-9]{5,20}"),
    "permanent_resident_card": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
    "hk_macao_permit": re.compile(r"[HM][0-9]{8}([0-9]{2})?"),
    "taiwan_permit": re.compile(r"[0-9]{8}|[0-9]{10}"),
}
# The last two digits of an old permit count its renewals: what is before them stays the holder's for life.
_STABLE_LENGTH = {"hk_macao_permit": 9, "taiwan_permit": 8}
_RENEWALS = tuple(f"{n:02}" for n in range(100))
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_HS = re.compile(r"[0-9]{6}|[0-9]{8}|[0-9]{10}")


class InvalidIdentifier(ValueError):
    """The text is no identifier of its kind; `code` and `rule` say which check failed."""

    def __init__(self, code: str, rule: str) -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule


def normalise_identity(kind: str, number: str, country: str, *, born_by: date | None = None) -> str:
    """The number in its one spelling, checked by the validator of its kind; else InvalidIdentifier.

    `born_by` is the day by which its holder must have been born, where the number tells the birth.
    """
    text = number.strip().upper().replace(" ", "")
    if not country_known(country) or kind in (CHINESE_KINDS if country != "CN" else FOREIGN_KINDS):
        raise InvalidIdentifier("identity_country_wrong", "R-FILE-4")
    if kind == "credit_code":
        _check_credit_code(text)
    elif kind == "resident_id":
        if _CARD_OF_A_PROVINCE.fullmatch(text):
            raise InvalidIdentifier("identity_of_another_kind", "R-FILE-4")
        _check_resident_id(text, born_by)
    elif kind not in _FORMS or not _FORMS[kind].fullmatch(text) or _is_nobodys(text):
        raise InvalidIdentifier("identity_form_wrong", "R-FILE-4")
    elif kind == "permanent_resident_card" and _NUMBERED_LIKE_RESIDENT_ID.fullmatch(text):
        _check_resident_id(text, born_by)
    return text


def indexed_identity(kind: str, number: str, country: str) -> str:
    """The text under which an identity is sealed and searched: equal for one person, whoever writes it (R-FILE-4).

    Cards and permits are China's, whatever the holder's nationality; a passport is its country's. A renewed permit is
    its holder's still.
    """
    issuer = country if kind in FOREIGN_KINDS else "CN"
    return f"{issuer}:{kind}:{normalise_identity(kind, number, country)[: _STABLE_LENGTH.get(kind)]}"


def former_identities(kind: str, number: str, country: str) -> tuple[str, ...]:
    """The other texts under which earlier releases indexed an identity.

    A permit had the count of its renewals, and a permanent resident's card passed for a resident id.
    """
    indexed = indexed_identity(kind, number, country)
    if kind in _STABLE_LENGTH:
        return tuple(indexed + renewal for renewal in _RENEWALS)
    return (indexed.replace(kind, "resident_id"),) if kind == "permanent_resident_card" else ()


def _is_nobodys(text: str) -> bool:
    """Whether a number's digits are zeros only."""
    digits = re.sub(r"[^0-9]", "", text)
    return bool(digits) and not digits.strip("0")


def _check_credit_code(text: str) -> None:
    # The first character names the registering department, the ninth to the seventeenth the organisation: none is zero.
    if not re.fullmatch(r"[1-9A-HJ-NPQRTUWXY][0-9A-HJ-NPQRTUWXY]{17}", text) or not text[8:17].strip("0"):
        raise InvalidIdentifier("identity_form_wrong", "R-FILE-4")
    if uscc.calc_check_digit(text[:-1]) != text[-1]:
        raise InvalidIdentifier("identity_check_digit_wrong", "R-FILE-4")


def _check_resident_id(text: str, born_by: date | None) -> None:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        raise InvalidIdentifier("identity_form_wrong", "R-FILE-4")
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError as error:
        raise InvalidIdentifier("identity_birth_date_wrong", "R-FILE-4") from error
    if born_by is not None and born > born_by:
        raise InvalidIdentifier("identity_birth_date_wrong", "R-FILE-4")
    if ric.calc_check_digit(text) != text[-1]:
        raise InvalidIdentifier("identity_check_digit_wrong", "R-FILE-4")


def mask_identity(number: str) -> str:
    """What lists show: at most the first three and the last four characters."""
    if len(number) < 10:
        return "*" * max(len(number) - 2, 1) + number[-2:]
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_name(name: str) -> str:
    """A natural person's name as lists show it: the first character only."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def country_known(code: str) -> bool:
    """Whether `code` is an ISO 3166 alpha-2 code."""
    # The look-up forgives lower case; a code with two spellings would make two identities of one.
    return len(code) == 2 and code.isupper() and pycountry.countries.get(alpha_2=code) is not None


def container_number(text: str) -> str:
    """An ISO 6346 container number with its check digit (V23)."""
    number = text.strip().upper().replace(" ", "")
    try:
        valid = bool(_CONTAINER.fullmatch(number)) and iso6346.validate(number) == number
    except ValidationError:
        valid = False
    if not valid:
        raise InvalidIdentifier("container_number_wrong", "V23")
    return number


def hs_code(text: str) -> str:
    """A code of six, eight or ten digits; whether it exists is the nomenclature's to say (V11)."""
    code = text.strip().replace(".", "")
    if not (code.isascii() and _HS.fullmatch(code)):
        raise InvalidIdentifier("hs_code_form_wrong", "V11")
    return code


def chapter(code: str) -> str:
    """The chapter of a code: its first two digits."""
    return code[:2]


def first_account(party_id: UUID, bank_id: UUID) -> UUID:
    """The id of the account that a party filed first at a bank; 0.1.0 told accounts without an id (R-FX-2).

    PostgreSQL makes the same one: `md5(uuid_send(party) || uuid_send(bank))::uuid`.
    """
    return UUID(bytes=md5(party_id.bytes + bank_id.bytes, usedforsecurity=False).digest())
