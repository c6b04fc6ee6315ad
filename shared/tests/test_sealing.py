"""A sealed value opens for its own row alone, and is found by equal text; both suites do the same."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from shared.events.registry import Sealed
from shared.keyring import KeyRing, read_ring
from shared.sealing import IDENTITY, CannotOpen, RowKey, SealedColumn, Sealer
from shared.suites import SUITES, Suite, suite_named
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.former_sealing import former_index, former_value

SECRET = "a test's own secret"
NAME = SealedColumn("subjects", "name", "subject.name")
ROW = UUID("019a0000-0000-7000-8000-000000000001")


@pytest.fixture(params=sorted(SUITES))
def suite(request: pytest.FixtureRequest) -> Suite:
    return SUITES[request.param]


@pytest.fixture
def sealer(suite: Suite) -> Sealer:
    return Sealer(KeyRing({"k1": SECRET}), suite)


def test_a_value_opens_for_its_table_column_and_row_alone(sealer: Sealer) -> None:
    key = sealer.new_row_key("subjects", ROW)
    sealed = key.seal("E1234567", NAME)
    again = sealer.row_key("subjects", ROW, key.wrapped)
    assert again.open(sealed, NAME) == "E1234567"
    for table, column in (("subjects", "identity"), ("collections", "name"), ("subjects.name", "")):
        with pytest.raises(CannotOpen):
            again.open(sealed, SealedColumn(table, column, "subject.name"))
    other = sealer.new_row_key("subjects", uuid4())
    with pytest.raises(CannotOpen):
        other.open(sealed, NAME)
    # Not even where the other row has the same data key.
    with pytest.raises(CannotOpen):
        RowKey(sealer, uuid4(), key.secret, "").open(sealed, NAME)


def test_a_data_key_is_its_rows_alone(sealer: Sealer) -> None:
    key = sealer.new_row_key("subjects", ROW)
    places = [("subjects", uuid4()), ("trades", ROW)]
    for table, row in places:
        with pytest.raises(CannotOpen):
            sealer.row_key(table, row, key.wrapped)
    with pytest.raises(CannotOpen):
        Sealer(KeyRing({"k1": "another secret"}), sealer.suite).row_key("subjects", ROW, key.wrapped)
    with pytest.raises(CannotOpen):
        Sealer(KeyRing({"k2": SECRET}), sealer.suite).row_key("subjects", ROW, key.wrapped)
    for broken in ("k1", "k1.aes.", "k1.xyz.AAAA", "k1.gm.AAAA", "k1.aes.%", "", key.wrapped[:-8]):
        with pytest.raises(CannotOpen):
            sealer.row_key("subjects", ROW, broken)


@pytest.mark.parametrize(
    "ciphertext", ["", "row", "row.aes.", "row.gm.AAAA", "row.xyz.AAAA", "row.aes.%", "k1.AAAA", "k9.AAAA"]
)
def test_what_is_no_ciphertext_of_the_row_is_told_and_never_opened(sealer: Sealer, ciphertext: str) -> None:
    key = sealer.new_row_key("subjects", ROW)
    with pytest.raises(CannotOpen):
        key.open(Sealed(mask="*", blind_index="", ciphertext=ciphertext), NAME)


def test_equal_texts_are_found_by_their_index_and_look_different(sealer: Sealer) -> None:
    first, second = (sealer.new_row_key("subjects", uuid4()).seal("E1234567", NAME) for _ in range(2))
    assert first.blind_index == second.blind_index == sealer.index("E1234567", NAME)
    assert first.ciphertext != second.ciphertext
    assert "E1234567" not in first.model_dump_json()


def test_the_indexes_of_two_columns_cant_be_joined(sealer: Sealer) -> None:
    columns = [NAME, IDENTITY, SealedColumn("trades", "payer", "x"), SealedColumn("trades", "payee", "x")]
    found = [set(sealer.indexes("张三", each)) for each in columns]
    today = {sealer.index("张三", each) for each in columns}
    assert len(today) == 4
    assert not found[0] & found[1]


def test_a_text_is_found_whichever_key_and_suite_made_its_index(suite: Suite) -> None:
    old, new = KeyRing({"k1": SECRET}), KeyRing({"k1": SECRET, "k2": "a newer secret"})
    found = Sealer(new, suite).indexes("E1234567", NAME)
    assert found[0] == Sealer(new, suite).index("E1234567", NAME)
    assert found[0].startswith(f"k2.{suite.name}.")
    made = [Sealer(ring, each).index("E1234567", NAME) for ring in (old, new) for each in SUITES.values()]
    assert {*made, former_index(SECRET, "E1234567", "subject.name")} == set(found)


def test_what_one_suite_and_key_sealed_opens_under_the_next_and_is_sealed_anew(suite: Suite) -> None:
    for before in SUITES.values():
        old = Sealer(KeyRing({"k1": SECRET}), before)
        new = Sealer(KeyRing({"k1": SECRET, "k2": "a newer secret"}), suite)
        key = old.new_row_key("subjects", ROW)
        sealed = key.seal("E1234567", NAME, mask="E***")
        opened = new.row_key("subjects", ROW, key.wrapped)
        anew = new.resealed(opened, sealed, NAME, {})
        assert opened.open(sealed, NAME) == opened.open(anew, NAME) == "E1234567"
        assert (anew.mask, anew.blind_index) == ("E***", new.index("E1234567", NAME))
        assert anew.ciphertext.startswith(f"row.{suite.name}.")
        wrapped = new.new_row_key("subjects", ROW, key.secret).wrapped
        assert wrapped.startswith(f"k2.{suite.name}.")
        assert (
            Sealer(KeyRing({"k2": "a newer secret"}), suite).row_key("subjects", ROW, wrapped).open(anew, NAME)
            == "E1234567"
        )


def test_a_value_of_0_1_0_opens_for_its_column_and_is_sealed_anew(sealer: Sealer) -> None:
    sealed = Sealed.model_validate(former_value(SECRET, "张三", "subject.name", mask="张*"))
    key = sealer.new_row_key("subjects", ROW)
    assert key.open(sealed, NAME) == "张三"
    with pytest.raises(CannotOpen):
        key.open(sealed, IDENTITY)
    with pytest.raises(CannotOpen):
        Sealer(KeyRing({"k2": SECRET})).new_row_key("subjects", ROW).open(sealed, NAME)
    anew = sealer.resealed(key, sealed, NAME, {})
    assert (key.open(anew, NAME), anew.mask) == ("张三", "张*")
    assert sealed.blind_index in sealer.indexes("张三", NAME)


def test_an_identity_has_one_index_however_it_is_written(sealer: Sealer) -> None:
    index = sealer.identity_index("permanent_resident_card", " rus123456789012", "RU")
    assert index == sealer.identity_index("permanent_resident_card", "RUS123456789012", "KZ")
    assert index == sealer.index("CN:permanent_resident_card:RUS123456789012", IDENTITY)
    assert index != sealer.identity_index("passport", "RUS123456789012", "RU")
    former = former_index(SECRET, "CN:resident_id:RUS123456789012", "subject.identity")
    assert former in sealer.identity_indexes("permanent_resident_card", "RUS123456789012", "RU")


def test_an_identity_stays_searched_by_the_text_that_an_earlier_release_searched_it_by(sealer: Sealer) -> None:
    """Two rows of one renewed permit would else come to have one index."""
    beside = {"identity_kind": "hk_macao_permit", "country": "HK"}
    text = "CN:hk_macao_permit:H1234567801"
    former = former_value(SECRET, "H1234567801", "subject.identity", mask="*", indexed=text)
    anew = sealer.resealed(sealer.new_row_key("subjects", ROW), Sealed.model_validate(former), IDENTITY, beside)
    assert (
        anew.blind_index
        == sealer.index(text, IDENTITY)
        != sealer.identity_index("hk_macao_permit", "H1234567801", "HK")
    )


def test_the_ring_seals_with_the_last_key_or_the_one_that_is_named() -> None:
    assert (read_ring("a", "").newest, list(read_ring("a", "k2:b  k3:c"))) == ("k1", ["k1", "k2", "k3"])
    assert read_ring("a", "k2:b k3:c").newest == "k3"
    assert read_ring("a", "k2:b k3:c", "k2").newest == "k2"
    assert list(read_ring("", "k2:b:c\nk3:c")) == ["k2", "k3"]
    assert read_ring("", "k2:b:c").secret("k2") == b"b:c"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("", ""), "SEALING_KEY is missing, and SEALING_KEYS has no other"),
        (("a", "b"), "no id:secret"),
        (("a", "K2:b"), "no id:secret"),
        (("a", "k2:"), "no id:secret"),
        (("a", "k1:b"), "the key k1 is there twice"),
        (("a", "k2:b k2:c"), "the key k2 is there twice"),
        (("a", "k2:b", "k3"), "SEALING_WITH names k3"),
    ],
)
def test_a_ring_that_cant_be_is_refused_without_telling_a_secret(told: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_ring(*told)


def test_a_suite_that_this_machine_lacks_is_said_when_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert suite_named("gm").is_available
    monkeypatch.setattr(SUITES["gm"], "is_available", False)
    with pytest.raises(SetupProblem, match="SEALING_SUITE=gm: the OpenSSL of this installation has no SM4-GCM"):
        suite_named("gm")
