"""The verdict on a trade line: the table of cases through the index of prefixes, and of two verdicts the stricter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vocabulary.recognition import UNKNOWN, Decision, Entry, Verdict, by_prefix, entries_about, recognise
from shared.workshop.testing.recognition_cases import RecognitionCase, recognition_cases
from trade_ledger.domain.recognition import governs

# A trade line always has a code. Only registry recognises goods without one.
CASES = [each for each in recognition_cases() if each.hs_code]


def entry(reference: str, prefix: str, verdict: Decision, *words: str, by_person: bool = False) -> Entry:
    return Entry(reference, prefix, words, verdict, reference, reference, by_person=by_person)


@pytest.mark.parametrize("case", CASES, ids=[each.id for each in CASES])
def test_goods_are_what_the_governing_entry_says(case: RecognitionCase) -> None:
    entries = [
        Entry(
            f"decision:{number:04}" if each.kind == "decision" else f"{each.kind}@1#{number}",
            each.hs_prefix,
            each.keywords,
            each.verdict,
            each.name,
            each.name,
            number=number,
            by_person=each.kind == "decision",
            barred_from_simplification=each.barred_from_simplification,
        )
        for number, each in enumerate(case.in_force, 1)
    ]
    verdict = recognise(case.goods_name, case.hs_code, entries_about(case.hs_code, by_prefix(entries))).verdict
    assert verdict.decision == case.decision
    assert verdict.reason == (UNKNOWN.reason if case.entry is None else case.entry)


codes = st.from_regex(r"[0-9]{6}([0-9]{2}){0,2}", fullmatch=True)
prefixes = st.one_of(st.just(""), codes.flatmap(lambda code: st.integers(1, len(code)).map(lambda n: code[:n])))


@given(
    hs_code=codes,
    entries=st.lists(
        st.builds(
            entry,
            st.text("ab", min_size=1, max_size=3),
            prefixes,
            st.sampled_from(["eligible", "not_eligible"]),
            st.sampled_from(["刀", "锤"]),
        ),
        max_size=12,
    ),
)
def test_looking_only_at_a_codes_own_prefixes_changes_no_verdict(hs_code: str, entries: list[Entry]) -> None:
    for length in (2, 4, len(hs_code)):
        entries.append(entry(f"own {length}", hs_code[:length], "eligible"))
    near = entries_about(hs_code, by_prefix(entries))
    assert recognise("刀", hs_code, near).verdict.decision == recognise("刀", hs_code, entries).verdict.decision


LISTED, DECIDED, REFUSED = (
    Verdict("eligible", "positive@2#1", "tools", "工具"),
    Verdict("eligible", "decision:1", "looked", "看过", by_person=True),
    Verdict("not_eligible", "negative@2#1", "arms", "武器"),
)


@pytest.mark.parametrize(
    ("registered", "now", "today_governs"),
    [
        ("eligible", LISTED, True),
        ("eligible", UNKNOWN, True),
        ("eligible", REFUSED, True),
        ("needs_person", LISTED, False),
        ("needs_person", UNKNOWN, True),
        ("needs_person", DECIDED, True),
        ("needs_person", REFUSED, True),
        ("not_eligible", LISTED, False),
        ("not_eligible", UNKNOWN, False),
        ("not_eligible", DECIDED, False),
        ("not_eligible", REFUSED, True),
    ],
)
def test_the_stricter_of_two_verdicts_governs_and_a_person_answers(
    registered: Decision, now: Verdict, today_governs: bool
) -> None:
    assert governs(now, registered) is today_governs
