"""What events of an earlier release told in another spelling is read in the one of today, and never refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.events.base import told_reference
from shared.events.registry import CommodityDecided, HeldQualification, Qualification, Stall
from shared.workshop.testing.registry_events import subject


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("02-000018", "02-000018"),
        ("02\u2011000018\u200b", "02-000018"),
        ("０２－０００１８", "02-00018"),
        ("", ""),
        # What can't be a reference today stays: a consumer stops at nothing.
        ("A\u0007B", "A\u0007B"),
        (".", "."),
        ("\u202eA", "\u202eA"),
    ],
)
def test_a_reference_is_read_in_its_one_spelling(told: str, read: str) -> None:
    stall = Stall(stall_number=told, longitude="1", latitude="1", valid_from=date(2026, 1, 1))
    assert (told_reference(told), stall.stall_number) == (read, read)


@pytest.mark.parametrize(("told", "read"), [("ＡＢ　五金（店）", "AB 五金（店）"), ("A\u0007B", "A\u0007B"), ("", "")])
def test_a_name_is_read_in_its_one_spelling(told: str, read: str) -> None:
    state = subject("operator").subject.model_dump(mode="json") | {"display_name": told}
    assert type(subject("operator").subject).model_validate(state).display_name == read
    assert CommodityDecided.model_fields["goods_name"].metadata


@pytest.mark.parametrize(
    ("kind", "value", "read", "known"),
    [
        ("fx_directory", "c", "C", True),
        ("fx_directory", "C 类", "C", True),
        ("fx_directory", "特", "特", False),
        ("filing_frequency", "Quarterly", "quarter", True),
        ("filing_frequency", "", "", False),
        ("tax_authority", "月", "月", True),
    ],
)
def test_a_coded_value_is_read_as_its_code(kind: Any, value: str, read: str, known: bool) -> None:
    """R-FILE-7."""
    for model in (HeldQualification, Qualification):
        held = model(kind=kind, value=value, valid_from=date(2026, 1, 1))
        assert (held.value, held.is_known) == (read, known)
