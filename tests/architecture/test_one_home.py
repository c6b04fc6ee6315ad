"""What every service needs has one home in shared, and no service writes it again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from marketctl.layout import ROOT, SERVICES, package_of

HOME = {
    "put_all": "shared.row_sets",
    "next_number": "shared.rows",
    "lock_name": "shared.rows",
    "columns_from": "shared.rows",
    "model_from": "shared.rows",
    "row_seen": "shared.rows",
    "row_to_change": "shared.rows",
    "act_of": "shared.act",
    "in_force": "shared.vocabulary.legal_time",
    "in_force_on": "shared.database",
    "recognise": "shared.vocabulary.recognition",
    "indexed_identity": "shared.vocabulary.identifiers",
    "until": "shared.workshop.waiting",
    "wait_until": "shared.workshop.waiting",
}
# Patterns: locking a name, a running number, a day within two, copying attributes one by one, text of an identity.
AGAIN = re.compile(
    r"pg_advisory_xact_lock|\.next_value\(|_to is None or day <= |model_validate\(\s*\{name: getattr"
    r"|blind_index\(f\"|getattr\((?:row|received\.event|state), name\) for name in names"
)


def modules_of(service: str) -> Iterator[tuple[str, str]]:
    package = ROOT / "services" / service / package_of(service)
    for file in sorted(package.rglob("*.py")):
        yield str(file.relative_to(package)), file.read_text("utf-8")


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_defines_what_has_its_home_in_shared(service: str) -> None:
    defined = {
        (name, node.name)
        for name, text in modules_of(service)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in HOME
    }
    assert defined == set()


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_writes_it_again_under_another_name(service: str) -> None:
    found = {name: again for name, text in modules_of(service) if (again := AGAIN.findall(text))}
    assert found == {}


@pytest.mark.parametrize(("function", "home"), HOME.items())
def test_the_home_is_there(function: str, home: str) -> None:
    text = (ROOT / "shared" / (home.replace(".", "/") + ".py")).read_text("utf-8")
    assert re.search(rf"^(async )?def {function}\(", text, re.MULTILINE)
