"""The table of cases, in any order of the entries; the ranking of candidates."""

from __future__ import annotations

import pytest

from shared.vocabulary.recognition import (
    UNKNOWN,
    Entry,
    by_prefix,
    decided,
    entries_about,
    list_version,
    listed,
    recognise,
)
from shared.vocabulary.rules import rules
from shared.workshop.testing.recognition_cases import RecognitionCase, recognition_cases

CASES = recognition_cases()


def entries_of(case: RecognitionCase) -> dict[str, Entry]:
    """The case's entries by name; a list's twelfth entry comes after its second."""
    return {
        each.name: Entry(
            decided(f"01a{number:04}") if each.kind == "decision" else listed(f"{each.kind}@1", number),
            each.hs_prefix,
            each.keywords,
            each.verdict,
            "because",
            "理由",
            number=0 if each.kind == "decision" else number,
            by_person=each.kind == "decision",
            barred_from_simplification=each.barred_from_simplification,
        )
        for number, each in zip((2, 12, 13), case.in_force, strict=False)
    }


@pytest.mark.parametrize("turn", [1, -1], ids=["as they stand", "the other way round"])
@pytest.mark.parametrize("case", CASES, ids=[each.id for each in CASES])
def test_goods_are_what_the_governing_entry_says(case: RecognitionCase, turn: int) -> None:
    entries = entries_of(case)
    found = recognise(case.goods_name, case.hs_code, list(entries.values())[::turn])
    behind = "" if case.entry is None else entries[case.entry].reference
    assert (found.verdict.decision, found.verdict.reference) == (case.decision, behind)
    assert found.verdict.barred_from_simplification is case.barred_from_simplification
    assert [each.entry.reference for each in found.candidates[:1]] == [behind] * bool(behind)


def test_every_case_cites_a_rule() -> None:
    assert {each.rule for each in CASES} <= set(rules())
    assert len({each.id for each in CASES}) == len(CASES)


def entry(reference: str, prefix: str = "", *keywords: str, number: int = 0) -> Entry:
    return Entry(reference, prefix, keywords, "eligible", "because", "理由", number)


@pytest.mark.parametrize(
    ("prefix", "keywords", "score"),
    [
        ("82", (), 68),
        ("8204", (), 76),
        ("820412000", (), 96),
        ("8204120000", (), 99),
        ("", ("扳手",), 50),
        ("82", ("扳手",), 100),
        ("", (), 0),
    ],
)
def test_a_candidates_score_says_how_well_it_fits(prefix: str, keywords: tuple[str, ...], score: int) -> None:
    found = recognise("活动扳手", "8204120000", [entry("positive@1#1", prefix, *keywords)])
    assert [each.score for each in found.candidates] == [score] * bool(score)


def test_candidates_come_best_first() -> None:
    found = recognise(
        "活动扳手",
        "8204120000",
        [entry("positive@1#1", "82"), entry("positive@1#3", "8204", "扳手"), entry("positive@1#2", "8204")],
    )
    assert [each.entry.reference for each in found.candidates] == ["positive@1#3", "positive@1#2", "positive@1#1"]


def test_nothing_found_names_no_entry() -> None:
    assert recognise("竹剑架", "4421999090", []).verdict == UNKNOWN
    assert not UNKNOWN.by_person


def test_an_entry_that_says_no_more_is_of_a_list_and_bars_nothing() -> None:
    plain = Entry("positive@1#1", "82", (), "eligible", "because", "理由")
    assert (plain.number, plain.by_person, plain.barred_from_simplification) == (0, False, False)


def test_a_code_meets_each_entry_that_its_beginning_names_once() -> None:
    held = by_prefix([entry(each, each) for each in ("", "82", "8204", "820412", "8205", "8204120000")])
    assert [each.hs_prefix for each in entries_about("820412", held)] == ["", "82", "8204", "820412"]


def test_a_reference_names_its_list_version() -> None:
    assert list_version(listed("positive@3", 12)) == "positive@3"
    assert list_version(decided("01a0")) == "decision:01a0"


@pytest.mark.parametrize(
    "name", ["儿童玩具枪", "儿童玩\u200b具枪", "儿童 玩具枪", "ＴＯＹ gun", "toy\u00ad gun", "TOY\u3000GUN"]
)
def test_goods_that_look_alike_meet_the_same_entry(name: str) -> None:
    entry = Entry(listed("negative@1", 1), "", ("玩具枪", "toy gun"), "not_eligible", "because", "理由", number=1)
    assert recognise(name, "", [entry]).verdict.decision == "not_eligible"
