"""The body that corrects a published rate; customs' monthly rate and tax's middle rate alike (R-FX-10)."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from shared.wire import FilledText, Input, Name, RateText


class RateCorrectionIn(Input):
    """What a rate should be, as published where, and why it was wrong."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cny_per_unit": "6.90", "source": "sample", "reason": "typed as 69.0"}]},
    )

    cny_per_unit: RateText
    source: Name = Field(max_length=200)
    reason: FilledText = Field(max_length=500)
