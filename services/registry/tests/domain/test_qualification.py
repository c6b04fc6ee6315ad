"""Whose word an account is: its owner's only (R-FX-2)."""

from __future__ import annotations

import pytest

from registry.domain.qualification import is_confirmed


@pytest.mark.parametrize(
    ("kind", "by_owner", "counts"),
    [
        ("fx_account", True, True),
        ("fx_account", False, False),
        ("personal_fx_account", True, True),
        ("personal_fx_account", False, False),
        ("fx_directory", False, True),
    ],
)
def test_an_account_counts_once_its_owner_states_it(kind: str, by_owner: bool, counts: bool) -> None:
    assert is_confirmed(kind, by_owner=by_owner) is counts
