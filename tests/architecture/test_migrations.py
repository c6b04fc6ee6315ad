"""A migration runs nothing that may change later, and keeps no running service waiting."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from marketctl.contract.migration_lint import migrations, unsafe_statements
from marketctl.layout import ROOT

_MAY_IMPORT = {"__future__", "sqlalchemy", "alembic"}


@pytest.mark.parametrize("file", migrations(), ids=lambda file: str(file.relative_to(ROOT / "services")))
def test_a_migration_imports_nothing_of_ours(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or ".").partition(".")[0])
    assert imported <= _MAY_IMPORT, f"{file.name}: what it needs of {imported - _MAY_IMPORT} stands in it as text"


def test_a_migration_keeps_no_running_service_waiting() -> None:
    """What squawk names is said with its rule: https://squawkhq.com/docs/rules has what to write instead."""
    assert unsafe_statements(migrations()) == []
