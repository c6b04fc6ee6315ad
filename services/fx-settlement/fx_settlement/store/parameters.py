"""The rule parameters of fx-settlement: unit, digits and bounds of each; `policy.toml` ships their values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from shared.policy import Parameter, Parameters
from shared.wire import Chosen, DecimalText, Input, WholeNumber


class GradeTolerance(Input):
    """The smaller of a share of the collectable value and a fixed amount."""

    model_config = ConfigDict(frozen=True)

    percent: Annotated[Decimal, DecimalText(3, 4, most=100)] = Field(description="% of the collectable value")
    most: Annotated[Decimal, DecimalText(6, 4)] = Field(description="in the declaration's currency")


class GradeTolerances(Input):
    """The tolerance of each credit grade on SAFE's scale."""

    model_config = ConfigDict(frozen=True)

    A: GradeTolerance
    B: GradeTolerance
    C: GradeTolerance
    D: GradeTolerance


class CollectionTolerance(Parameter):
    """How much more than the released value may be collected (V37)."""

    owner: ClassVar[str] = "safe"
    name: Literal["collection_tolerance"]
    value: GradeTolerances


class RefundSpecialAfterDays(Parameter):
    """After how many days a refund takes the special path, with evidence (V41)."""

    owner: ClassVar[str] = "safe"
    name: Literal["refund_special_after_days"]
    value: WholeNumber = Field(description="days after the receipt, inclusive", ge=1, le=3650)


class LimitedFxClasses(Parameter):
    """SAFE's classes whose subjects can't start a collection by themselves (V44)."""

    owner: ClassVar[str] = "safe"
    name: Literal["limited_fx_classes"]
    value: tuple[Annotated[Literal["A", "B", "C"], Chosen("fx_class")], ...]


class DomesticLegCollection(Parameter):
    """Whether what a domestic RMB leg paid needs a cross-border collection, too (R-TRADE-6)."""

    owner: ClassVar[str] = "safe"
    name: Literal["domestic_leg_collection"]
    value: Annotated[Literal["needed", "not_needed"], Chosen("need")]


parameters = Parameters(
    Path(__file__).parents[1] / "policy.toml",
    CollectionTolerance,
    RefundSpecialAfterDays,
    LimitedFxClasses,
    DomesticLegCollection,
)
