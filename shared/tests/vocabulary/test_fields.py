"""What a published field says: its meaning, then its own text or its shape, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from shared.vocabulary.fields import describe_fields, meanings

ACCEPTED = meanings()["accepted_at"]


@pytest.mark.parametrize(
    ("field", "description"),
    [
        pytest.param({}, ACCEPTED, id="the meaning"),
        pytest.param({"format": "date"}, f"{ACCEPTED} Date as YYYY-MM-DD, in Beijing time.", id="and the shape"),
        pytest.param({"format": "ipv4"}, ACCEPTED, id="a shape without a text"),
        pytest.param({"description": "By fax.", "format": "date"}, f"{ACCEPTED} By fax.", id="its own text before"),
        pytest.param({"description": ACCEPTED[-10:]}, ACCEPTED, id="what the meaning says already"),
    ],
)
def test_a_field_says_its_meaning_and_then_its_own_text_or_shape(field: dict[str, Any], description: str) -> None:
    describe_fields({"properties": {"accepted_at": field}}, "Declaration")
    assert field["description"] == description
