"""marketctl declares what it knows of each service in one place, and imports a service only when it needs it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from marketctl.layout import ROOT, SERVICES, package_of
from marketctl.services import described

_BY_NAME = re.compile(r"\bimportlib\.import_module|\b__import__\(")


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a new Python process has imported after a statement."""
    told = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_described_by_its_own_tables_and_subscriptions(service: str) -> None:
    known = described(service)
    assert known.name == known.subscriptions.service == service
    assert known.http_tables.audit is known.metadata.tables["audit"]
    assert known.messaging.outbox is known.metadata.tables["outbox"]
    assert known.load_app().state.access is known.access
    assert {each.name for each in known.parameters.shipped} == set(known.parameters.kinds)


def test_only_the_service_that_is_asked_for_is_loaded() -> None:
    others = {package_of(service) for service in SERVICES}
    assert loaded_by("import marketctl.cli") & others == set()
    assert loaded_by("from marketctl.services import described; described('registry')") & others == {"registry"}


def test_no_module_is_imported_by_a_computed_name() -> None:
    files = [*(ROOT / "deploy/marketctl/marketctl").rglob("*.py"), *(ROOT / "shared/shared").rglob("*.py")]
    assert files
    assert [str(file) for file in files if _BY_NAME.search(file.read_text("utf-8"))] == []
