"""The pages under `docs/reference/` and the rule tables of the services' READMEs: what each cited id means."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from marketctl.layout import ROOT, SERVICES, package_of
from marketctl.verify.invariants import INVARIANTS
from shared.vocabulary.rules import rules

_TEXTS = Path(__file__).with_name("reference.toml")
_RULE = re.compile(r"\b(?:R-[A-Z]+-\d+|V\d+)\b")
_RANGE = re.compile(r"\b(R-[A-Z]+-|V)(\d+)(?:…| to (?:R-[A-Z]+-|V))(\d+)\b")
_CHECK = re.compile(r"\b[IF]\d{1,2}\b")
_TESTS = ("shared/tests", "services", "deploy/marketctl/tests", "tests")
BEGINS, ENDS = "<!-- rules: made by `make generate` -->\n", "<!-- rules end -->\n"


def reference_pages() -> dict[str, str]:
    """Every page by its path, and the READMEs with their tables."""
    return {
        "docs/reference/rules.md": rules_page(),
        "docs/reference/invariants.md": invariants_page(),
        "docs/reference/faults.md": faults_page(),
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
    cited = _citing([ROOT / "shared/shared", *(ROOT / "services" / each / package_of(each) for each in SERVICES)])
    lines = [
        "# Rules and invariants of the trade",
        "",
        "Made by `make generate` from `shared/shared/vocabulary/rules.toml` and the code. `R-…` are rules of the",
        "trade, `V…` invariants that follow from them. A rule that no file cites is not built yet.",
    ]
    for rule in rules().values():
        files = ", ".join(f"`{name}`" for name in cited.get(rule.id, ())) or "not built yet"
        lines += ["", f"## {rule.id}", f"**{rule.title}** · {rule.title_zh}", "", rule.text, ""]
        lines.append(f"Source: {rule.source}, {rule.version}. Cited by: {files}.")
    return "\n".join(lines) + "\n"


def invariants_page() -> str:
    """What `marketctl verify` checks, and what tests check beside it."""
    shown = _tests_citing()
    lines = [
        "# What must hold over the four databases",
        "",
        "Made by `make generate`. `marketctl verify` checks these on a running installation and names each row that",
        "doesn't agree; those that it can't see are held by the tests named.",
    ]
    for name, entry in reference_texts()["invariants"].items():
        held = "`marketctl verify`" if name in INVARIANTS else ", ".join(f"`{each}`" for each in shown[name])
        lines += ["", f"## {name}", f"**{entry['title']}** · {entry['title_zh']}", "", entry["text"], ""]
        lines.append(f"Checked by: {held}.")
    return "\n".join(lines) + "\n"


def faults_page() -> str:
    """What may fail, what is promised then, and the tests that let it fail."""
    shown = _tests_citing()
    lines = [
        "# Faults and what is promised under them",
        "",
        "Made by `make generate`. Each test named here causes the fault and checks the promise.",
    ]
    for name, entry in reference_texts()["faults"].items():
        tests = ", ".join(f"`{each}`" for each in shown[name])
        lines += ["", f"## {name}", f"**{entry['title']}** · {entry['title_zh']}", "", entry["text"], ""]
        lines.append(f"Shown by: {tests}.")
    return "\n".join(lines) + "\n"


def _tests_citing() -> dict[str, list[str]]:
    """By invariant or fault the test files that cite it."""
    found: dict[str, list[str]] = {}
    for folder in _TESTS:
        for file in sorted((ROOT / folder).rglob("test_*.py")):
            for name in set(_CHECK.findall(file.read_text("utf-8"))):
                found.setdefault(name, []).append(file.relative_to(ROOT).as_posix())
    return found


def readme_of(service: str) -> str:
    """A service's README with the table of the rules that its code cites."""
    text = (ROOT / "services" / service / "README.md").read_text("utf-8")
    head, _, rest = text.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    cited = _citing([ROOT / "services" / service / package_of(service)])
    table = ["| rule | what it says | 规则 |", "|---|---|---|"]
    table += [f"| {each.id} | {each.title} | {each.title_zh} |" for each in rules().values() if each.id in cited]
    return f"{head}{BEGINS}" + "\n".join(table) + f"\n{ENDS}{tail}"
