"""Whatever the code, a TOML file or a page cites is in this repository: pages, sections, files, rules, faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketctl.contract.reference import reference_texts, rules_cited, rules_in, rules_shown
from marketctl.layout import ROOT
from marketctl.verify.invariants import INVARIANTS
from shared.vocabulary.rules import rules

_OWN = Path(__file__)
_FOLDERS = ("shared", "services", "deploy", "tests", "docs")
_KINDS = {".py", ".toml", ".md", ".yaml"}
# Records of the past are not checked.
_AS_IT_WAS = {"releases", "CHANGELOG.md"}
TEXTS = sorted(
    file
    for top in (*(ROOT / each for each in _FOLDERS), *ROOT.glob("*.md"), *ROOT.glob("*.toml"))
    for file in (top.rglob("*") if top.is_dir() else [top])
    if file.suffix in _KINDS and not _AS_IT_WAS & set(file.parts) and file != _OWN
)
_PAGE = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w.-]+\.md)\b(?:#([\w-]+))?")
_PLACE = re.compile(r"`((?:docs|services|shared|deploy|tests)/[^`<>*{ ]*)`")
_SECTION = re.compile(r"(?<!RFC \d{4} )§")
# This test file asks for the page of an unknown rule on purpose.
_UNKNOWN_ON_PURPOSE = {"R-NONE-1"}
_PAPER = re.compile(r"\b(?:architecture|assurance|domain|ecosystem|flow|invariants|performance|style) reference\b")


def texts() -> Iterator[tuple[Path, str]]:
    for file in TEXTS:
        yield file, file.read_text("utf-8")


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def page_named(name: str, beside: Path) -> Path | None:
    """The page of that name: from the root, beside who cites it, or among the pages."""
    places = (ROOT / name, beside.parent / name, ROOT / "docs" / name)
    return next((place for place in places if place.is_file()), None)


def test_every_cited_page_and_section_is_there() -> None:
    missing = []
    for file, text in texts():
        for name, anchor in _PAGE.findall(text):
            page = page_named(name, file)
            if page is None or (anchor and anchor not in anchors_of(page)):
                missing.append(f"{file.relative_to(ROOT)}: {name}{anchor and '#'}{anchor}")
    assert missing == []


def test_every_place_that_is_named_is_there() -> None:
    named = [(file, place) for file, text in texts() for place in _PLACE.findall(text)]
    assert [f"{file.relative_to(ROOT)}: {place}" for file, place in named if not is_there(place)] == []


def is_there(place: str) -> bool:
    """Whether a file or folder is there, and of `file::test` the test in it."""
    name, _, test = place.partition("::")
    return (ROOT / name).exists() and (not test or f"def {test}(" in (ROOT / name).read_text("utf-8"))


def test_sections_are_cited_by_heading_and_documents_outside_the_repository_never() -> None:
    cited = [file for file, text in texts() if _SECTION.search(text) or _PAPER.search(text)]
    assert [str(file.relative_to(ROOT)) for file in cited] == []


def test_every_cited_rule_invariant_and_fault_is_explained() -> None:
    """What verify checks and what the fault tests show is explained, and nothing else."""
    explained = reference_texts()
    cited = [(file, text) for file, text in texts() if file.suffix != ".md" and "samples" not in file.parts]
    assert {rule for _, text in cited for rule in rules_in(text)} - set(rules()) == _UNKNOWN_ON_PURPOSE
    checks = {name for _, text in cited for name in re.findall(r"\b[IF]\d{1,2}\b", text)}
    assert checks == {name for kind in explained.values() for name in kind}
    assert set(INVARIANTS) <= set(explained["invariants"])


def test_every_rule_of_the_product_is_named_by_a_test_that_shows_it() -> None:
    """A rule that the code cites and no test names is a rule that nobody would miss (docs/reference/rules.md)."""
    assert rules_cited().keys() - rules_shown().keys() == set()


@pytest.mark.parametrize("kind", ["invariants", "faults"])
def test_every_explanation_has_both_languages(kind: str) -> None:
    for name, entry in reference_texts()[kind].items():
        assert set(entry) == {"title", "title_zh", "text"}, name
        assert re.search(r"[一-鿿]", entry["title_zh"]), name
