"""Identity numbers, container numbers and codes: each kind has its check."""

from __future__ import annotations

from datetime import date
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketctl.sample.people import credit_code, resident_id
from shared.vocabulary.identifiers import (
    IDENTITY_KINDS,
    InvalidIdentifier,
    chapter,
    container_number,
    first_account,
    former_identities,
    hs_code,
    indexed_identity,
    mask_identity,
    mask_name,
    normalise_identity,
)

CARD = "911643198910221238"
"""A foreign permanent resident's card of 2023, numbered like a resident id."""


@given(st.integers(0, 2**32), st.integers(0, 17), st.sampled_from("0123456789"))
def test_a_credit_code_with_one_wrong_digit_is_refused(seed: int, place: int, digit: str) -> None:
    """V58."""
    code = credit_code(Random(seed))
    assert normalise_identity("credit_code", code, "CN") == code
    wrong = code[:place] + digit + code[place + 1 :]
    if wrong != code:
        with pytest.raises(InvalidIdentifier):
            normalise_identity("credit_code", wrong, "CN")


def test_an_organisation_of_one_digit_is_an_organisation() -> None:
    assert normalise_identity("credit_code", "91350100100000000W", "CN") == "91350100100000000W"


@given(st.integers(0, 2**32), st.integers(0, 16), st.sampled_from("0123456789"))
def test_a_resident_id_with_one_wrong_digit_is_refused(seed: int, place: int, digit: str) -> None:
    number = resident_id(Random(seed))
    assert normalise_identity("resident_id", number.lower(), "CN") == number
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        with pytest.raises(InvalidIdentifier):
            normalise_identity("resident_id", wrong, "CN")


@pytest.mark.parametrize(
    ("kind", "number", "country", "code"),
    [
        ("resident_id", "500111199002300015", "CN", "identity_birth_date_wrong"),
        ("resident_id", "500111199004310019", "CN", "identity_birth_date_wrong"),
        ("permanent_resident_card", "900111199004300010", "RU", "identity_check_digit_wrong"),
        ("credit_code", "11010519491231002X", "CN", "identity_check_digit_wrong"),
        ("credit_code", "91500111MA5U00000I", "CN", "identity_form_wrong"),
        ("passport", "E1", "RU", "identity_form_wrong"),
        ("passport", "E12345678", "XX", "identity_country_wrong"),
        ("resident_id", "11010519491231002X", "RU", "identity_country_wrong"),
        ("credit_code", "000000000000000000", "CN", "identity_form_wrong"),
        ("credit_code", "91350100000000000H", "CN", "identity_form_wrong"),
        ("passport", "000000", "RU", "identity_form_wrong"),
        ("hk_macao_permit", "H00000000", "HK", "identity_form_wrong"),
        ("taiwan_permit", "00000000", "TW", "identity_form_wrong"),
        ("foreign_registration", "0000-00", "KE", "identity_form_wrong"),
        ("resident_id", CARD, "CN", "identity_of_another_kind"),
    ],
)
def test_the_kind_of_document_decides_the_check(kind: str, number: str, country: str, code: str) -> None:
    """V4, V59."""
    with pytest.raises(InvalidIdentifier) as refused:
        normalise_identity(kind, number, country)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "number", "country"),
    [
        pytest.param("resident_id", "500111200002290013", "CN", id="born on a leap day"),
        pytest.param("resident_id", "500111199004300013", "CN", id="born on the last of a month"),
        pytest.param("permanent_resident_card", "900111199004300018", "RU", id="a card numbered like a resident id"),
        pytest.param("passport", "900111199004300010", "RU", id="a passport has no check digit"),
    ],
)
def test_a_sound_number_is_taken_as_it_stands(kind: str, number: str, country: str) -> None:
    assert normalise_identity(kind, number, country) == number


@pytest.mark.parametrize(
    ("kind", "country", "written", "indexed"),
    [
        ("credit_code", "CN", "91350100m000100y43", "CN:credit_code:91350100M000100Y43"),
        ("resident_id", "CN", "11010519491231002x", "CN:resident_id:11010519491231002X"),
        ("foreign_registration", "KE", "pvt-2026 / 11", "KE:foreign_registration:PVT-2026/11"),
        ("passport", "RU", "e 1234567", "RU:passport:E1234567"),
        ("permanent_resident_card", "RU", "rus 123456789012", "CN:permanent_resident_card:RUS123456789012"),
        ("hk_macao_permit", "HK", "h12345678", "CN:hk_macao_permit:H12345678"),
        ("hk_macao_permit", "MO", "M1234567801", "CN:hk_macao_permit:M12345678"),
        ("hk_macao_permit", "CN", "M1234567802", "CN:hk_macao_permit:M12345678"),
        ("taiwan_permit", "TW", "1234 5678", "CN:taiwan_permit:12345678"),
        ("taiwan_permit", "TW", "1234567803", "CN:taiwan_permit:12345678"),
    ],
)
def test_an_identity_is_indexed_in_one_way_under_who_issued_it(
    kind: str, country: str, written: str, indexed: str
) -> None:
    assert indexed_identity(kind, written, country) == indexed


@pytest.mark.parametrize(("born_by", "refused"), [(date(1989, 10, 21), True), (date(1989, 10, 22), False)])
@pytest.mark.parametrize(("kind", "number"), [("permanent_resident_card", CARD), ("resident_id", "110105198910220029")])
def test_nobody_is_born_after_the_day(kind: str, number: str, born_by: date, refused: bool) -> None:
    try:
        normalise_identity(kind, number, "CN", born_by=born_by)
        code = ""
    except InvalidIdentifier as error:
        code = error.code
    assert code == ("identity_birth_date_wrong" if refused else "")


@pytest.mark.parametrize(
    ("kind", "number", "before"),
    [
        ("hk_macao_permit", "H1234567802", "CN:hk_macao_permit:H1234567801"),
        ("hk_macao_permit", "H12345678", "CN:hk_macao_permit:H1234567899"),
        ("taiwan_permit", "12345678", "CN:taiwan_permit:1234567800"),
        ("permanent_resident_card", CARD, f"CN:resident_id:{CARD}"),
    ],
)
def test_what_an_earlier_release_indexed_is_found(kind: str, number: str, before: str) -> None:
    assert before in former_identities(kind, number, "HK")


def test_other_kinds_were_never_indexed_otherwise() -> None:
    assert former_identities("passport", "E1234567", "RU") == ()


def test_every_kind_of_identity_has_its_index_shown_above() -> None:
    table = test_an_identity_is_indexed_in_one_way_under_who_issued_it.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest's mark
    assert {kind for kind, *_ in table} == set(IDENTITY_KINDS)


@pytest.mark.parametrize("number", ["CSQU3054383", "csqu 3054383"])
def test_a_container_number_passes_iso_6346(number: str) -> None:
    assert container_number(number) == "CSQU3054383"


@pytest.mark.parametrize("number", ["CSQU3054384", "CSQX3054383", "CSQU305438", "1SQU3054383", ""])
def test_a_wrong_container_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidIdentifier):
        container_number(number)


@pytest.mark.parametrize("code", ["8204.12.00", "820412", "8204120000"])
def test_hs_codes_have_six_eight_or_ten_digits(code: str) -> None:
    assert hs_code(code) == code.replace(".", "")


@pytest.mark.parametrize("code", ["82041", "82041200001", "8204１2", "abcdef"])
def test_other_hs_codes_are_refused(code: str) -> None:
    with pytest.raises(InvalidIdentifier):
        hs_code(code)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("110105194912310021", "110***********0021"),
        ("E123456789", "E12***6789"),
        ("E12345678", "*******78"),
        ("E1234", "***34"),
        ("E12", "*12"),
        ("E1", "*E1"),
    ],
)
def test_masks_show_the_ends_only(number: str, masked: str) -> None:
    assert mask_identity(number) == masked


@pytest.mark.parametrize(("name", "masked"), [("王小明", "王**"), ("王明", "王*"), ("王", "王*")])
def test_a_masked_name_shows_its_first_character_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_the_chapter_of_a_code_is_its_first_two_digits() -> None:
    assert chapter("8204120000") == "82"


def test_the_first_account_of_a_party_at_a_bank_has_always_the_same_id() -> None:
    """What 0.1.0 booked is found under it, so it never changes."""
    party, bank = UUID(int=1), UUID(int=2)
    assert first_account(party, bank) == UUID("1ad7dfd3-42e3-7e2f-608f-a6a6aedb29d5")
    assert first_account(bank, party) != first_account(party, bank)
