"""House rules that a person would otherwise have to remember."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from marketctl.contract.generate import generate_all
from marketctl.layout import ROOT, SERVICES, package_of
from shared.events.catalogue import EVENT_TYPES, PUBLISHERS
from shared.vocabulary.rules import rules

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 80
# The events of a service stay in one file, and a released migration isn't edited.
_ONE_PAGE = {"events", "migrations"}
SOURCES = [file for folder in ("shared/shared", "services", "deploy") for file in (ROOT / folder).rglob("*.py")]


def test_no_file_is_too_long() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in SOURCES
        if (lines := len(file.read_text("utf-8").splitlines())) > MOST_LINES and not _ONE_PAGE & set(file.parts)
    }
    assert long == {}


def test_every_toml_file_is_read_and_has_no_name_twice() -> None:
    """Also those that only a tool reads, such as the survivors of the mutants: two branches may add the same name."""
    folders = ("shared", "services", "deploy", "tests", "docs")
    files = [ROOT / "pyproject.toml", *(file for each in folders for file in (ROOT / each).rglob("*.toml"))]
    assert len(files) > 10
    for file in files:
        assert tomllib.loads(file.read_text("utf-8")) is not None, file


def test_no_function_is_too_long_to_read() -> None:
    long = {
        f"{file.relative_to(ROOT)}:{each.name}": lines
        for file in SOURCES
        if "migrations" not in file.parts
        for each in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (each.end_lineno or 0) - each.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_of_the_catalogue_is_announced_by_its_service(service: str) -> None:
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "services" / service).rglob("*.py"))
    own = [event for event in EVENT_TYPES.values() if event.__module__ == PUBLISHERS[service].__name__]
    assert [event.__name__ for event in own if not re.search(rf"\b{event.__name__}\b", code)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_problem_code_is_raised_and_every_raised_code_is_in_the_catalogue(service: str) -> None:
    package = ROOT / "services" / service / package_of(service)
    code = "\n".join(file.read_text("utf-8") for file in package.rglob("*.py"))
    # Conflict cases are facts about facts (R-DECL-7), not refusals.
    acting = "\n".join(file.read_text("utf-8") for file in package.rglob("*.py") if file.name != "receipts.py")
    raised = set(re.findall(r"\b(?:Breach|Conflict|InvalidIdentifier|_fault)\(\s*\n?\s*\"([a-z_]+)\"", acting))
    own = set(tomllib.loads((package / "problems.toml").read_text("utf-8")))
    common = set(tomllib.loads((ROOT / "shared/shared/http/problems.toml").read_text("utf-8")))
    assert raised - own - common == set()
    assert {each for each in own if f'"{each}"' not in code and each not in _OF_VOCABULARY} == set()


_OF_VOCABULARY = set(
    re.findall(
        r"InvalidIdentifier\(\"([a-z_]+)\"", (ROOT / "shared/shared/vocabulary/identifiers.py").read_text("utf-8")
    )
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_problem_has_both_languages_and_the_same_placeholders(service: str) -> None:
    entries = tomllib.loads((ROOT / "services" / service / package_of(service) / "problems.toml").read_text("utf-8"))
    for code, entry in entries.items():
        assert entry["title"], code
        assert re.search(r"[一-鿿]", entry["title_zh"]), code
        assert re.search(r"[一-鿿]", entry["fix_zh"]), code
        english = set(re.findall(r"\{(\w+)\}", entry.get("detail", "")))
        chinese = {name.removesuffix("_zh") for name in re.findall(r"\{(\w+)\}", entry.get("detail_zh", ""))}
        assert english == chinese, code


def test_every_cited_rule_is_in_the_reference() -> None:
    cited = {
        rule
        for file in SOURCES
        for rule in re.findall(r"\"(R-[A-Z]+-\d+|V\d+)\"", file.read_text("utf-8"))
        if "marketctl" not in file.parts
    }
    assert cited - set(rules()) == set()


def test_generated_files_are_up_to_date() -> None:
    assert generate_all(write=False) == []


def test_nothing_committed_names_this_machine() -> None:
    own = Path(__file__)
    marks = re.compile(r"(?<![A-Za-z0-9_.])/(work|farm|root)/")
    texts = [*SOURCES, *ROOT.glob("*.md"), *ROOT.glob("*.toml"), ROOT / "Makefile", ROOT / ".ci" / "run"]
    assert [str(file) for file in texts if file != own and marks.search(file.read_text("utf-8"))] == []


def test_no_test_looks_a_module_up_by_a_name_that_is_put_together() -> None:
    by_name = re.compile(r"\bimportlib\.import_module|\b__import__\(")
    files = [*(ROOT / "tests").rglob("*.py"), *ROOT.glob("services/*/tests/**/*.py")]
    assert [str(each) for each in files if each != Path(__file__) and by_name.search(each.read_text("utf-8"))] == []
