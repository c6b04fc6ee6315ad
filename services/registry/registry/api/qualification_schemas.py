"""Request body of a qualification: its kind says which values it has."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonValue

from shared.events.registry import QualificationKind
from shared.vocabulary.choices import VALUES_OF_QUALIFICATIONS, value_choices
from shared.wire import Chosen, DateText, FilledText, Input, OptionalName, Reference, not_a_choice


def _values_by_kind() -> list[JsonValue]:
    """What JSON Schema says of a value whose kind has choices."""
    return [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"properties": {"value": {"enum": [*choices.codes], "description": f"{choices.told}."}}},
        }
        for kind in VALUES_OF_QUALIFICATIONS
        if (choices := value_choices(kind)) is not None
    ]


class QualificationIn(Input):
    """A dated qualification (R-FILE-7); its kind says which values it has."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "fx_directory", "value": "A", "valid_from": "2026-01-01"}],
            "allOf": _values_by_kind(),
        },
    )

    kind: Annotated[QualificationKind, Chosen("qualification")]
    value: FilledText = Field(max_length=80)
    valid_from: DateText
    valid_to: DateText | None = None
    source: OptionalName = Field("", max_length=120)
    bank_id: UUID | None = None
    account: Reference | None = Field(None, min_length=4, max_length=40)

    @field_validator("value")
    @classmethod
    def _of_its_kind(cls, value: str, info: ValidationInfo) -> str:
        choices = value_choices(info.data.get("kind", ""))
        if choices is None:
            return value
        if (code := choices.code_of(value)) is None:
            raise not_a_choice(choices)
        return code
