"""Writes the next migration of a service: what its tables in code have and its migrations don't make yet."""

from __future__ import annotations

import re
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy.types import TypeDecorator

from marketctl.contract.migration_lint import unsafe_statements
from marketctl.embedded.scratch import scratch_postgres
from marketctl.layout import ROOT
from shared.migrations import config_of, differences, head_of, upgrade
from shared.vocabulary.errors import SetupProblem


@dataclass(frozen=True, slots=True)
class Written:
    """The files, what they leave to be written by hand (triggers, CHECKs, sequences), what squawk says of them."""

    files: list[Path]
    left: list[str]
    unsafe: list[str]


class _BuiltBeside(ops.MigrateOperation):
    """Indexes of tables that may be large. They are built while the services write."""

    def __init__(self, indexes: list[ops.CreateIndexOp]) -> None:
        self.indexes = indexes


@renderers.dispatch_for(_BuiltBeside)
def _render(context: AutogenContext, operation: _BuiltBeside) -> list[str]:
    # Alembic never ends the block by itself: all indexes stand in one.
    lines = [
        "# What an interrupted build left is an index that isn't used.",
        "with op.get_context().autocommit_block():",
    ]
    for index in operation.indexes:
        index.kw["postgresql_concurrently"] = True
        index.if_not_exists = True
        lines.append(f'    op.execute("DROP INDEX CONCURRENTLY IF EXISTS {index.index_name}")')
        lines.append(f"    {renderers.dispatch(index)(context, index)}")
    return lines


def write_migration(folder: Path, name: str) -> Written:
    """Write the next migration of the service in this folder; SetupProblem where `name` has no word.

    Indexes of tables that are there get a migration of their own: they are built outside a transaction, and what stood
    before them in the same file would be committed when the file has to be run again.
    """
    if not re.search(r"\w", name):
        raise SetupProblem('a migration is named by what it brings: NAME="refunds of a collection"')
    with scratch_postgres() as make:
        url = make(folder.name)
        # Named "heads": the schema alone, without the shipped parameters' rows.
        upgrade(folder, url, "heads")
        files = [_write(folder, url, name)]
        upgrade(folder, url, "heads")
        if any("missing: index" in each for each in differences(folder, url)):
            files.append(_write(folder, url, f"{name} indexes"))
            upgrade(folder, url, "heads")
        return Written(files, differences(folder, url), unsafe_statements(files))


def _write(folder: Path, url: str, name: str) -> Path:
    config = config_of(folder, url)
    config.cmd_opts = Namespace(quiet=True)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("truncate_slug_length", "60")
    config.attributes["render_item"] = _plain_types
    number = f"{int(head_of(folder) or 0) + 1:04}"
    command.revision(
        config,
        message=name.strip().lower(),
        rev_id=number,
        autogenerate=True,
        process_revision_directives=_beside_running_services,
    )
    (file,) = (folder / "migrations" / "versions").glob(f"{number}_*.py")
    _tidy(file)
    return file


def _plain_types(kind: str, item: Any, context: AutogenContext) -> str | bool:
    # A migration imports nothing of ours: a type of our own stands in it as the type that it is in the database.
    if kind != "type" or not isinstance(item, TypeDecorator) or item.__module__.startswith("sqlalchemy"):
        return False
    plain = item.impl_instance
    prefix = "postgresql" if type(plain).__module__.startswith("sqlalchemy.dialects.postgresql") else "sa"
    return f"{prefix}.{type(plain).__name__}()"


def _beside_running_services(context: Any, revision: Any, directives: list[ops.MigrationScript]) -> None:
    for script in directives:
        for operations in script.upgrade_ops_list:
            new = {each.table_name for each in operations.ops if isinstance(each, ops.CreateTableOp)}
            indexes = _taken_out(operations, new)
            if not any(not isinstance(each, ops.OpContainer) or each.ops for each in operations.ops):
                operations.ops = [_BuiltBeside(indexes)] if indexes else []


def _taken_out(container: ops.OpContainer, new: set[str]) -> list[ops.CreateIndexOp]:
    """The indexes of tables that are not new; they are no longer among the operations."""
    found = [each for each in container.ops if isinstance(each, ops.CreateIndexOp) and each.table_name not in new]
    container.ops = [each for each in container.ops if each not in found]
    for each in container.ops:
        if isinstance(each, ops.ModifyTableOps):
            found += _taken_out(each, new)
    return found


def _tidy(file: Path) -> None:
    # Without Alembic's remarks, and without the imports that nothing in it uses.
    text = re.sub(r"^ *# ### .*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
    file.write_text(text, "utf-8")
    for task in (["format", "-q"], ["check", "-q", "--fix"], ["format", "-q"]):
        subprocess.run([Path(sys.executable).parent / "ruff", *task, file], cwd=ROOT, check=False)
