"""A migration is what it was on the day it was written: it runs nothing that may change later."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from marketctl.layout import ROOT

VERSIONS = sorted(ROOT.glob("services/*/migrations/versions/*.py"))
_MAY_IMPORT = {"__future__", "sqlalchemy", "alembic"}


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: str(file.relative_to(ROOT / "services")))
def test_a_migration_imports_nothing_of_ours(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or ".").partition(".")[0])
    assert imported <= _MAY_IMPORT, f"{file.name}: what it needs of {imported - _MAY_IMPORT} stands in it as text"
