"""The next migration is written from the tables in code. What squawk finds and what a person must add is reported."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from marketctl.contract import migration_lint
from marketctl.contract.migration_lint import migrations, unsafe_statements
from marketctl.contract.new_migration import write_migration
from marketctl.layout import ROOT
from shared.vocabulary.errors import SetupProblem

_TABLES = """
from sqlalchemy import CheckConstraint, Column, Integer, Table, Text, Uuid
from shared.database import append_only, new_metadata
from shared.documents import Document

metadata = new_metadata()
Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", Text, index={indexed}),
      Column("number", Text, index={indexed}))
"""
_MORE = """
Table("marks", metadata, Column("id", Uuid, primary_key=True), Column("content", Document(dict[str, str])),
      Column("at", Integer, index=True), CheckConstraint("at > 0", name="positive"))
append_only(metadata, "notes")
"""
_FIRST = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "0001", None, None, None


def upgrade() -> None:
    op.execute("CREATE TABLE notes (id serial CONSTRAINT pk_notes PRIMARY KEY, text text, number text)")
"""


def make_service(folder: Path, package: str, tables: str) -> Path:
    """A service of one table, whose code describes more than its migrations make."""
    service = folder / package
    versions, store = service / "migrations" / "versions", service / package / "store"
    versions.mkdir(parents=True)
    store.mkdir(parents=True)
    shutil.copy(ROOT / "services/registry/migrations/script.py.mako", service / "migrations")
    env = f"from {package}.store.tables import metadata\nfrom shared.migrations import run_environment\n"
    (service / "migrations" / "env.py").write_text(env + "run_environment(metadata)\n")
    (versions / "0001_first.py").write_text(_FIRST)
    (store / "tables.py").write_text(tables)
    return service


def test_the_next_migration_makes_what_only_the_code_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service(tmp_path, "notes_further", _TABLES.format(indexed=True) + _MORE)
    monkeypatch.syspath_prepend(service)
    written = write_migration(service, "Marks, of notes")
    assert [file.name for file in written.files] == ["0002_marks_of_notes.py", "0003_marks_of_notes_indexes.py"]
    tables, indexes = (file.read_text("utf-8") for file in written.files)
    assert 'revision = "0002"\ndown_revision = "0001"\n' in tables
    assert 'op.create_index(op.f("ix_marks_at"), "marks", ["at"], unique=False)' in tables
    assert "postgresql.JSONB()" in tables
    assert "shared" not in tables + indexes
    # An index of an existing table is built while others write, outside a transaction, in a separate file.
    assert "ix_notes_text" not in tables
    assert "autocommit_block" not in tables
    assert indexes.index("autocommit_block") < indexes.index("DROP INDEX CONCURRENTLY IF EXISTS ix_notes_text")
    assert indexes.count("postgresql_concurrently=True") == 2
    assert written.unsafe == []
    # Alembic doesn't compare triggers.
    assert [each.partition("(")[0] for each in written.left] == [
        "missing: function refuse_change",
        "missing: trigger notes.notes_append_only CREATE TRIGGER notes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE"
        " ON notes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change",
    ]


def test_a_migration_whose_name_has_no_word_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="is named by what it brings"):
        write_migration(tmp_path, " - ")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param("CREATE INDEX ix_notes_text ON notes (text)", "require-concurrent-index", id="an index"),
        pytest.param("ALTER TABLE notes ADD CHECK (id > 0)", "constraint-missing-not-valid", id="a CHECK at once"),
        pytest.param("ALTER TABLE notes ALTER text SET NOT NULL", "adding-not-nullable-field", id="NOT NULL at once"),
        pytest.param("ALTER TABLE notes ALTER id TYPE bigint", "changing-column-type", id="a rewritten table"),
    ],
)
def test_a_statement_that_blocks_a_running_service_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, said: str
) -> None:
    service = make_service(tmp_path, "notes_unsafe", _TABLES.format(indexed=False))
    monkeypatch.syspath_prepend(service)
    file = service / "migrations/versions/0002_more.py"
    second = _FIRST.replace('"0001", None, None', '"0002", "0001", None')
    file.write_text(second[: second.index("    op.execute")] + f"    op.execute({statement!r})\n")
    found = unsafe_statements([file])
    assert found
    assert any(said in each and each.startswith("notes_unsafe/0002_more.sql:") for each in found), found


def test_squawk_without_its_rules_reports_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(migration_lint, "RULES", tmp_path / "none.toml")
    assert "Configuration error" in "".join(unsafe_statements(migrations()[:1]))


def test_a_missing_squawk_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(SetupProblem, match="run `make install`"):
        unsafe_statements(migrations()[:1])
