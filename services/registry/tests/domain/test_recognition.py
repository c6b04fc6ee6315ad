"""Which entries fit, which one decides, and what a person may decide."""

from __future__ import annotations

import pytest

from registry.domain.recognition import Entry, breaches_of_decision, recognise


def entry(name: str, prefix: str = "", *keywords: str, verdict: str = "eligible", remembered: bool = False) -> Entry:
    return Entry(name, prefix, keywords, verdict, "because", "理由", remembered)


TOOLS = entry("positive@1#1", "82")
SPANNERS = entry("positive@1#2", "8204")
NAMED = entry("positive@1#3", "8204", "扳手", "spanner")
ARMS = entry("negative@1#1", "", "仿真枪", verdict="not_eligible")
YES = entry("decision:1", "4421999090", "剑架", remembered=True)
NO = entry("decision:2", "4421999090", "剑架", verdict="not_eligible", remembered=True)


@pytest.mark.parametrize(
    ("name", "hs_code", "entries", "decision", "first"),
    [
        pytest.param("钳子", "820320", [TOOLS], "eligible", "positive@1#1", id="by code prefix"),
        pytest.param("活动扳手", "", [NAMED], "eligible", "positive@1#3", id="by keyword without a code"),
        pytest.param("Adjustable SPANNER", "8204120000", [NAMED], "eligible", "positive@1#3", id="in any case"),
        pytest.param("活动扳手", "8205", [NAMED], "needs_person", None, id="the keyword under another code"),
        pytest.param("钳子", "8204120000", [NAMED], "needs_person", None, id="the code with another name"),
        pytest.param("扳手", "8204120000", [TOOLS, SPANNERS, NAMED], "eligible", "positive@1#3", id="both beat one"),
        pytest.param("钳子", "8204120000", [TOOLS, SPANNERS], "eligible", "positive@1#2", id="the longer prefix"),
        pytest.param(
            "扳手形仿真枪", "8204120000", [NAMED, ARMS], "not_eligible", "negative@1#1", id="negative beats all"
        ),
        pytest.param("竹剑架", "4421999090", [YES], "eligible", "decision:1", id="a person's decision"),
        pytest.param(
            "仿真枪剑架", "4421999090", [YES, ARMS], "not_eligible", "negative@1#1", id="but not over negative"
        ),
        pytest.param("竹剑架", "4421999090", [entry("p", "44"), NO], "not_eligible", "decision:2", id="over positive"),
        pytest.param("竹剑架", "4421999090", [NO, YES], "not_eligible", "decision:2", id="the newer decision first"),
        pytest.param("竹剑架", "4421999090", [], "needs_person", None, id="unknown is not positive"),
        pytest.param("x", "8204", [entry("empty")], "needs_person", None, id="an entry without content fits nothing"),
    ],
)
def test_goods_are_recognised_by_the_entry_that_governs(
    name: str, hs_code: str, entries: list[Entry], decision: str, first: str | None
) -> None:
    found = recognise(name, hs_code, entries)
    assert found.decision == decision
    assert [each.entry.entry for each in found.candidates[:1]] == [each for each in [first] if each]


def test_candidates_are_ranked_with_a_score_up_to_a_hundred() -> None:
    found = recognise("活动扳手", "8204120000", [TOOLS, NAMED, SPANNERS])
    assert [(each.entry.entry, each.score) for each in found.candidates] == [
        ("positive@1#3", 100),
        ("positive@1#2", 76),
        ("positive@1#1", 68),
    ]


@pytest.mark.parametrize(
    ("entries", "verdict", "has_expiry", "codes"),
    [
        pytest.param([], "eligible", False, [], id="open goods"),
        pytest.param([ARMS], "eligible", True, ["prohibition_not_overridable"], id="never over a prohibition"),
        pytest.param(
            [ARMS, TOOLS], "eligible", True, ["prohibition_not_overridable"], id="nor beside a positive entry"
        ),
        pytest.param([ARMS], "not_eligible", False, [], id="with the prohibition"),
        pytest.param([TOOLS], "not_eligible", False, ["override_without_expiry"], id="against a list for ever"),
        pytest.param([TOOLS], "not_eligible", True, [], id="against a list until a day"),
        pytest.param([TOOLS], "eligible", False, [], id="as the list says"),
    ],
)
def test_a_person_decides_what_the_lists_leave_open(
    entries: list[Entry], verdict: str, has_expiry: bool, codes: list[str]
) -> None:
    found = recognise("仿真枪", "8204120000", entries)
    assert [each.code for each in breaches_of_decision(found, verdict, has_expiry=has_expiry)] == codes
