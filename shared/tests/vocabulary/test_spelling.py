"""What looks the same is the same: references and names as people write, paste and scan them (V39, V58)."""

from __future__ import annotations

import unicodedata

import pytest

from shared.vocabulary.spelling import Unreadable, name_spelling, reference_spelling


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("FA-14", "FA-14"),
        ("FA-14\u200b", "FA-14"),
        ("\ufeffFA\u2060-14", "FA-14"),
        ("FA-1\u00ad4", "FA-14"),
        ("ＦＡ－１４", "FA-14"),
        ("FA\u201114", "FA-14"),
        ("FA\u201314", "FA-14"),
        ("  FA   14 ", "FA 14"),
        ("FA\u00a014", "FA 14"),
        ("FA\u300014", "FA 14"),
        ("重字第１号", "重字第1号"),
        ("№ 7", "No 7"),
    ],
)
def test_a_reference_has_one_spelling(written: str, kept: str) -> None:
    assert reference_spelling(written) == kept


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "reference_without_letter"),
        (".", "reference_without_letter"),
        ("--- / ---", "reference_without_letter"),
        ("\u200b\u200b", "reference_without_letter"),
        ("\u3164", "reference_without_letter"),
        ("FA\x0014", "text_unreadable"),
        ("FA\t14", "text_unreadable"),
        ("FA\n14", "text_unreadable"),
        ("FA\x8514", "text_unreadable"),
        ("\u202e41-AF", "text_unreadable"),
        ("FA\ue00014", "text_unreadable"),
        ("FA\ud80014", "text_unreadable"),
    ],
)
def test_what_is_no_reference_is_told(written: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        reference_spelling(written)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("龙水国际贸易有限公司", "龙水国际贸易有限公司"),
        ("龙水（重庆）有限公司", "龙水（重庆）有限公司"),
        ("龙水\u200b五金", "龙水五金"),
        ("ＡＢＣ　１２３", "ABC 123"),
        (" Vostok\n  Instrument ", "Vostok Instrument"),
        ("Cafe\u0301", "Café"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("２．５mm² ½", "2．5mm² ½"),
        ("\u200b", ""),
    ],
)
def test_a_name_has_one_spelling_and_its_punctuation(written: str, kept: str) -> None:
    assert name_spelling(written) == kept


@pytest.mark.parametrize("written", ["A\x00B", "A\x07B", "A\u202eB", "A\u2066B"])
def test_a_name_holds_no_control_character(written: str) -> None:
    with pytest.raises(Unreadable):
        name_spelling(written)


@pytest.mark.parametrize("spelling", [reference_spelling, name_spelling])
def test_the_spelling_of_a_spelling_is_itself_and_has_nothing_invisible(spelling: object) -> None:
    for code in (*range(0x30000), *range(0xE0000, 0xE01F0)):
        try:
            kept = spelling(f"A{chr(code)}1")  # type: ignore[operator]  # both take a text
        except Unreadable:
            continue
        assert spelling(kept) == kept, hex(code)  # type: ignore[operator]  # as above
        assert not any(unicodedata.category(each) in ("Cf", "Cc", "Zl", "Zp") for each in kept), hex(code)
