"""The rule parameters of registry: unit, digits and bounds of each; `policy.toml` ships their values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from shared.events.registry import Grade, QualificationKind, Role
from shared.policy import Parameter, Parameters
from shared.wire import Chosen, DecimalText, Input, WholeNumber, YesNo


class RequiredQualifications(Parameter):
    """What each kind of subject must hold to be approved (R-FILE-7); a kind that isn't named needs nothing."""

    owner: ClassVar[str] = "commerce"
    name: Literal["required_qualifications"]
    value: dict[Annotated[Role, Chosen("role")], tuple[Annotated[QualificationKind, Chosen("qualification")], ...]]

    def of(self, role: str) -> frozenset[str]:
        """What one kind of subject must hold."""
        return frozenset(kind for named, kinds in self.value.items() if named == role for kind in kinds)


class MeasuresOfGrade(Input):
    """What follows from a credit grade (R-CREDIT-2)."""

    model_config = ConfigDict(frozen=True)

    automatic_release: YesNo
    inspection_rate_percent: Annotated[Decimal, DecimalText(3, 4, most=100)] = Field(description="% of declarations")
    review_depth: Annotated[Literal["normal", "deep"], Chosen("review_depth")]


class MeasuresByGrade(Input):
    """The measures of each credit grade."""

    model_config = ConfigDict(frozen=True)

    A: MeasuresOfGrade
    B: MeasuresOfGrade
    C: MeasuresOfGrade
    D: MeasuresOfGrade

    def of(self, grade: Grade) -> MeasuresOfGrade:
        """The measures of one grade."""
        return {"A": self.A, "B": self.B, "C": self.C, "D": self.D}[grade]


class GradeMeasures(Parameter):
    """Which measures follow from a credit grade (R-CREDIT-2)."""

    owner: ClassVar[str] = "commerce"
    name: Literal["grade_measures"]
    value: MeasuresByGrade


class PersonalDataYears(Parameter):
    """For how many years the records of a person are kept after the last one (R-DATA-1)."""

    owner: ClassVar[str] = "tax"
    name: Literal["personal_data_years"]
    value: WholeNumber = Field(description="years after the last record", ge=1, le=30)


parameters = Parameters(
    Path(__file__).parents[1] / "policy.toml", RequiredQualifications, GradeMeasures, PersonalDataYears
)
