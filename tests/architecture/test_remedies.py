"""No remedy speaks of a field without saying which: "Fill it in." has a pointer (`described.py` looks too)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketctl.layout import ROOT, SERVICES, package_of
from marketctl.services import described
from shared.http.problems import Catalogue, malformed
from shared.workshop.testing.described import speaks_of_a_field

# What makes a refusal of a code alone, without a place in the request.
_WITHOUT_POINTER = {"simple", "answer", "Conflict", "Busy", "Unreconciled"}
_POINTER_AT = 2


def of_a_field(service: str) -> set[str]:
    problems = Catalogue(described(service).load_service().problems).problems
    return {code for code, problem in problems.items() if speaks_of_a_field(problem)}


def raised_without_pointer(file: Path, codes: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        named = {each.arg: each.value for each in node.keywords}
        pointer = named.get("pointer") or (node.args[_POINTER_AT] if len(node.args) > _POINTER_AT else None)
        empty = pointer is None or (isinstance(pointer, ast.Constant) and not pointer.value)
        if node.args[0].value in codes and (name in _WITHOUT_POINTER or (name == "Breach" and empty)):
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.args[0].value}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_remedy_that_speaks_of_a_field_is_raised_with_a_pointer(service: str) -> None:
    codes = of_a_field(service)
    assert {"field_missing", "field_unknown", "field_not_date"} <= codes
    assert not {"one_of_fields_missing", "body_missing", "not_found"} & codes
    folders = [ROOT / "services" / service / package_of(service), ROOT / "shared" / "shared"]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    assert [each for file in files for each in raised_without_pointer(file, codes)] == []


@pytest.mark.parametrize("kind", ["missing", "value_error", "model_attributes_type", "json_invalid"])
def test_what_is_wrong_with_a_whole_body_speaks_of_no_field(kind: str) -> None:
    (breach,) = malformed([{"type": kind, "loc": ("body",)}])
    assert breach.pointer or not speaks_of_a_field(Catalogue()[breach.code])
