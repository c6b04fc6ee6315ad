"""The pages under `docs/reference/` and the rule tables of the services' READMEs: what each cited id means."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Container, Iterable
from pathlib import Path

from marketctl.layout import ROOT, SERVICES, package_of
from marketctl.verify.invariants import INVARIANTS
from shared.vocabulary.choices import all_choices
from shared.vocabulary.rules import rules

_TEXTS = Path(__file__).with_name("reference.toml")
_RULE = re.compile(r"\b(?:R-[A-Z]+-\d+|V\d+)\b")
_RANGE = re.compile(r"\b(R-[A-Z]+-|V)(\d+)(?:…| to (?:R-[A-Z]+-|V))(\d+)\b")
_CHECK = re.compile(r"\b[IF]\d{1,2}\b")
_TESTS = ("shared/tests", "services", "deploy/marketctl/tests", "tests")
_MOST_TESTS = 3
BEGINS, ENDS = "<!-- rules: made by `make generate` -->\n", "<!-- rules end -->\n"


def reference_pages() -> dict[str, str]:
    """Every page by its path, and the READMEs with their tables."""
    return {
        "docs/reference/rules.md": rules_page(),
        "docs/reference/invariants.md": invariants_page(),
        "docs/reference/faults.md": faults_page(),
        "docs/reference/choices.md": choices_page(),
        **{f"services/{service}/README.md": readme_of(service) for service in SERVICES},
    }


def reference_texts() -> dict[str, dict[str, dict[str, str]]]:
    """The texts of `invariants` (I…) and `faults` (F…) by id."""
    texts: dict[str, dict[str, dict[str, str]]] = tomllib.loads(_TEXTS.read_text("utf-8"))
    return texts


def rules_in(text: str) -> set[str]:
    """The rules that a text cites, those of a range (`R-TRADE-1…7`) one by one."""
    ranged = {
        f"{kind}{number}" for kind, first, last in _RANGE.findall(text) for number in range(int(first), int(last) + 1)
    }
    return ranged | set(_RULE.findall(text))


def _citing(folders: Iterable[Path]) -> dict[str, list[str]]:
    """By rule the files that cite it."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            for rule in rules_in(file.read_text("utf-8")):
                found.setdefault(rule, []).append(file.relative_to(ROOT).as_posix())
    return found


def rules_page() -> str:
    """Rule by rule: what it asks, its source, and the files that cite it."""
    cited = rules_cited()
    lines = [
        "# Rules and invariants of the trade",
        "",
        "Made by `make generate` from `shared/shared/vocabulary/rules.toml` and the code. `R-…` are rules of the",
        "trade, `V…` invariants that follow from them. A rule that no file cites is not built yet. The tests named",
        "fail when the rule is not enforced.",
    ]
    shown = rules_shown()
    for rule in rules().values():
        files = ", ".join(f"`{name}`" for name in cited.get(rule.id, ())) or "not built yet"
        lines += ["", f"## {rule.id}", f"**{rule.title}** · {rule.title_zh}", "", rule.text, ""]
        lines.append(f"Source: {rule.source}, {rule.version}. Cited by: {files}.")
        if tests := shown.get(rule.id, []):
            more = f" and {len(tests) - _MOST_TESTS} more" if len(tests) > _MOST_TESTS else ""
            named = ", ".join(f"`{each}`" for each in tests[:_MOST_TESTS])
            lines += ["", f"Shown by: {named}{more}."]
    return "\n".join(lines) + "\n"


def rules_cited() -> dict[str, list[str]]:
    """By rule the files of the product that cite it."""
    return _citing([ROOT / "shared/shared", *(ROOT / "services" / each / package_of(each) for each in SERVICES)])


def rules_shown() -> dict[str, list[str]]:
    """By rule the tests that name it, as `file::test`: those that name fewest rules first, they show it best."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file in _test_files():
        text = file.read_text("utf-8")
        for test in ast.walk(ast.parse(text)):
            if not isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) or not test.name.startswith("test_"):
                continue
            first = min([test.lineno, *(each.lineno for each in test.decorator_list)])
            named = rules_in("\n".join(text.splitlines()[first - 1 : test.end_lineno]))
            for rule in named:
                found.setdefault(rule, []).append((len(named), f"{file.relative_to(ROOT).as_posix()}::{test.name}"))
    return {rule: [name for _, name in sorted(tests)] for rule, tests in found.items()}


def invariants_page() -> str:
    """What `marketctl verify` checks, and what tests check beside it."""
    return _page(
        "invariants",
        "# What must hold over the four databases",
        "",
        "Made by `make generate`. `marketctl verify` checks these on a running installation and names each row that",
        "doesn't agree; those that it can't see are held by the tests named.",
        label="Checked by",
        checked_by_verify=set(INVARIANTS),
    )


def faults_page() -> str:
    """What may fail, what is promised then, and the tests that let it fail."""
    return _page(
        "faults",
        "# Faults and what is promised under them",
        "",
        "Made by `make generate`. Each test named here causes the fault and checks the promise.",
        label="Shown by",
    )


def choices_page() -> str:
    """Every coded value with its codes, the official word of each, and the other words that are read."""
    lines = [
        "# Choices of coded values",
        "",
        "Made by `make generate` from `shared/shared/vocabulary/choices.toml`. A request may say the code or any of",
        "the words; the code is stored and answered. Case, width, blanks and dashes make no other word. The value of a",
        "qualification has the choices of its kind: `fx_directory` those of `fx_class`, `taxpayer_kind` and",
        "`filing_frequency` their own.",
    ]
    for choices in all_choices().values():
        lines += ["", f"## {choices.name}", "| code | word | also read |", "|---|---|---|"]
        lines += [f"| `{code}` | {words[0]} | {', '.join(words[1:])} |" for code, words in choices.words.items()]
    return "\n".join(lines) + "\n"


def _page(kind: str, *heading: str, label: str, checked_by_verify: Container[str] = ()) -> str:
    shown, lines = _tests_citing(), list(heading)
    for name, entry in reference_texts()[kind].items():
        tests = "`marketctl verify`" if name in checked_by_verify else ", ".join(f"`{each}`" for each in shown[name])
        lines += ["", f"## {name}", f"**{entry['title']}** · {entry['title_zh']}", "", entry["text"], ""]
        lines.append(f"{label}: {tests}.")
    return "\n".join(lines) + "\n"


def _tests_citing() -> dict[str, list[str]]:
    """By invariant or fault the test files that cite it."""
    found: dict[str, list[str]] = {}
    for file in _test_files():
        for name in set(_CHECK.findall(file.read_text("utf-8"))):
            found.setdefault(name, []).append(file.relative_to(ROOT).as_posix())
    return found


def _test_files() -> list[Path]:
    return [file for folder in _TESTS for file in sorted((ROOT / folder).rglob("test_*.py"))]


def readme_of(service: str) -> str:
    """A service's README with the table of the rules that its code cites."""
    text = (ROOT / "services" / service / "README.md").read_text("utf-8")
    head, _, rest = text.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    cited = _citing([ROOT / "services" / service / package_of(service)])
    table = ["| rule | what it says | 规则 |", "|---|---|---|"]
    table += [f"| {each.id} | {each.title} | {each.title_zh} |" for each in rules().values() if each.id in cited]
    return f"{head}{BEGINS}" + "\n".join(table) + f"\n{ENDS}{tail}"
