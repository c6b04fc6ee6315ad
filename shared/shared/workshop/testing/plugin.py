"""The pytest plugin that every package's tests share; `addopts` in the checkout's pyproject.toml names it."""

from __future__ import annotations

import pytest

from shared.workshop.testing.servers import kafka, make_database, postgres, run_folder
from shared.workshop.testing.services import make_service_database
from shared.workshop.testing.tokens import mint

__all__ = ["kafka", "make_database", "make_service_database", "mint", "postgres", "run_folder"]

# What starts whole processes takes longest: begun first, it doesn't leave one worker alone at the end.
_FIRST = ("tests/conftest.py", "deploy/", "shared/tests/messaging/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file run in one worker, which makes once what they share; a group may span files."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    assert group is not None
    return next((place for place, begin in enumerate(_FIRST) if group.args[0].startswith(begin)), len(_FIRST))
