"""A sealed value is opened only by its key and for its purpose, and is found by equal text."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from shared.sealing import IDENTITY_PURPOSE, Sealer

SEALER = Sealer("a test's own secret")


def test_a_sealed_value_is_opened_for_its_purpose_by_its_key() -> None:
    sealed = SEALER.seal("E1234567", purpose="a")
    assert SEALER.open(sealed, purpose="a") == "E1234567"
    for other, purpose in ((SEALER, "b"), (Sealer("another secret"), "a")):
        with pytest.raises(InvalidTag):
            other.open(sealed, purpose=purpose)


def test_equal_texts_are_found_by_their_index_and_look_different() -> None:
    first, second = (SEALER.seal("E1234567", purpose="a") for _ in range(2))
    assert first.blind_index == second.blind_index == SEALER.blind_index("E1234567", purpose="a")
    assert first.ciphertext != second.ciphertext
    assert first.blind_index != SEALER.blind_index("E1234567", purpose="b")
    assert "E1234567" not in first.model_dump_json()


def test_an_identity_has_one_index_however_it_is_written() -> None:
    index = SEALER.identity_index("permanent_resident_card", " rus123456789012", "RU")
    assert index == SEALER.identity_index("permanent_resident_card", "RUS123456789012", "KZ")
    assert index == SEALER.blind_index("CN:permanent_resident_card:RUS123456789012", purpose=IDENTITY_PURPOSE)
    assert index != SEALER.identity_index("passport", "RUS123456789012", "RU")
