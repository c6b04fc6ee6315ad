from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade_ledger.domain.recognition import (
    ListEntry,
    Verdict,
    by_prefix,
    entries_about,
    governing,
    verdict_json,
    verdict_on,
)


def entry(reference: str, prefix: str, verdict: str, *words: str, by_person: bool = False) -> ListEntry:
    return ListEntry(reference, prefix, words, verdict, reference, reference, by_person)


ENTRIES = [
    entry("positive", "82", "eligible"),
    entry("finer", "8204", "eligible"),
    entry("prohibited", "9304", "not_eligible"),
    entry("word", "", "not_eligible", "仿真枪"),
    entry("person says yes", "9304", "eligible", "配件", by_person=True),
    entry("person says no", "8205", "not_eligible", "螺丝刀", by_person=True),
]


@pytest.mark.parametrize(
    ("name", "hs_code", "decision", "reference"),
    [
        ("扳手", "8204120000", "eligible", "finer"),
        ("扳手", "8211920000", "eligible", "positive"),
        ("配件", "9304000000", "not_eligible", "prohibited"),
        ("仿真枪", "8204120000", "not_eligible", "word"),
        ("螺丝刀", "8205400000", "not_eligible", "person says no"),
        ("铁锤", "8205200000", "eligible", "positive"),
        ("剑架", "4421999090", "needs_person", ""),
    ],
)
def test_the_governing_entry_decides(name: str, hs_code: str, decision: str, reference: str) -> None:
    found = verdict_on(name, hs_code, ENTRIES)
    assert (found.decision, found.reference) == (decision, reference)


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
def test_looking_only_at_a_codes_own_prefixes_changes_no_verdict(hs_code: str, entries: list[ListEntry]) -> None:
    for length in (2, 4, len(hs_code)):
        entries.append(entry(f"own {length}", hs_code[:length], "eligible"))
    near = entries_about(hs_code, by_prefix(entries))
    assert verdict_on("刀", hs_code, near).decision == verdict_on("刀", hs_code, entries).decision


LISTED, DECIDED, REFUSED = (
    Verdict("eligible", "positive@2#1", "tools", "工具"),
    Verdict("eligible", "decision:1", "looked", "看过", by_person=True),
    Verdict("not_eligible", "negative@2#1", "arms", "武器"),
)
UNKNOWN = Verdict("needs_person", "", "not in any list", "未列入清单")


@pytest.mark.parametrize(
    ("registered", "now", "governs"),
    [
        (LISTED, LISTED, LISTED),
        (LISTED, UNKNOWN, UNKNOWN),
        (LISTED, REFUSED, REFUSED),
        (UNKNOWN, LISTED, UNKNOWN),
        (UNKNOWN, DECIDED, DECIDED),
        (UNKNOWN, REFUSED, REFUSED),
        (REFUSED, DECIDED, REFUSED),
    ],
)
def test_the_stricter_of_two_verdicts_governs_and_a_person_answers(
    registered: Verdict, now: Verdict, governs: Verdict
) -> None:
    assert governing(verdict_json(registered), now) == verdict_json(governs)


@pytest.mark.parametrize("turn", [1, -1], ids=["as they came", "the other way round"])
@pytest.mark.parametrize("newer", ["8205400000", "820540"], ids=["same code", "a shorter code"])
def test_of_two_decisions_on_the_same_goods_the_newer_one_counts(turn: int, newer: str) -> None:
    made = [
        entry("decision:01a0-older", "8205400000", "not_eligible", "螺丝刀", by_person=True),
        entry("decision:01a1-newer", newer, "eligible", "螺丝刀", by_person=True),
    ]
    assert verdict_on("螺丝刀", "8205400000", made[::turn]).reference == "decision:01a1-newer"
