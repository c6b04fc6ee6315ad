"""The rule parameters of trade-ledger: unit, digits and bounds of each; `policy.toml` ships their values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from shared.events.registry import QualificationKind
from shared.policy import Parameter, Parameters
from shared.wire import Chosen, DecimalText, Input, WholeNumber


class DeclarationLimitUsd(Parameter):
    """What one declaration may be worth at most (R-DECL-1, V27)."""

    owner: ClassVar[str] = "customs"
    name: Literal["declaration_limit_usd"]
    value: Annotated[Decimal, DecimalText(8, 2, positive=True, shown=2, most=10_000_000)] = Field(
        description="USD a declaration, inclusive"
    )


class Simplification(Input):
    """From how many kinds of goods on simplification may be chosen, and how many stay declared item by item."""

    model_config = ConfigDict(frozen=True)

    kinds_threshold: WholeNumber = Field(description="kinds of goods, inclusive", ge=1, le=50)
    single_kinds: WholeNumber = Field(description="kinds of goods declared singly", ge=1, le=50)


class SimplifiedDeclaration(Parameter):
    """When items may be merged by chapter (R-DECL-2)."""

    owner: ClassVar[str] = "customs"
    name: Literal["simplified_declaration"]
    value: Simplification


class ItemsPerDeclaration(Parameter):
    """How many items a declaration may have (customs practice)."""

    owner: ClassVar[str] = "customs"
    name: Literal["items_per_declaration"]
    value: WholeNumber = Field(description="declared items, inclusive", ge=1, le=999)


class PortionsPerDeclaration(Parameter):
    """How many portions a declaration may have; its event carries them all and must not grow too large."""

    owner: ClassVar[str] = "system"
    name: Literal["portions_per_declaration"]
    value: WholeNumber = Field(description="portions, inclusive", ge=1, le=2000)


class SamplingEvery(Parameter):
    """One declaration in so many is drawn for inspection (R-DECL-3)."""

    owner: ClassVar[str] = "customs"
    name: Literal["sampling_every"]
    value: WholeNumber = Field(description="declarations for each one drawn", ge=1, le=1_000_000)


class DeclarationCountsAsMade(Parameter):
    """Whose month's customs rate the limit is measured at (R-DECL-1)."""

    owner: ClassVar[str] = "customs"
    name: Literal["declaration_counts_as_made"]
    value: Annotated[Literal["acceptance", "completion"], Chosen("counts_as_made")]


class SubmissionBeforeArrivalDays(Parameter):
    """How long before the expected arrival a declaration may be submitted (提前申报, R-DECL-1)."""

    owner: ClassVar[str] = "customs"
    name: Literal["submission_before_arrival_days"]
    value: WholeNumber = Field(description="days, inclusive", ge=0, le=30)


class ConsignorQualifications(Parameter):
    """What a consignor must hold on the day on which it declares (R-FILE-7)."""

    owner: ClassVar[str] = "commerce"
    name: Literal["consignor_qualifications"]
    value: tuple[Annotated[QualificationKind, Chosen("qualification")], ...]


class LoadLimits(Input):
    """What one container or vehicle carries."""

    model_config = ConfigDict(frozen=True)

    gross_weight_kg: Annotated[Decimal, DecimalText(6, 3, positive=True)] = Field(description="kg, inclusive")
    volume_m3: Annotated[Decimal, DecimalText(4, 3, positive=True)] = Field(description="m³, inclusive")


class LoadMaxima(Parameter):
    """How heavy and how large a load may be (R-PACK-4, V22)."""

    owner: ClassVar[str] = "customs"
    name: Literal["load_maxima"]
    value: LoadLimits


class RatePlausibility(Input):
    """What a customs rate is held against when it is imported."""

    model_config = ConfigDict(frozen=True)

    change_percent: Annotated[Decimal, DecimalText(3, 4, positive=True, most=100)] = Field(
        description="% away from the month before, inclusive"
    )
    known_from_wednesday: WholeNumber = Field(
        description="which Wednesday of the month before a rate is known from", ge=1, le=4
    )


class CustomsRatePlausibility(Parameter):
    """How far a rate may be from the month before, and from which day on it can be known (R-FX-10)."""

    owner: ClassVar[str] = "customs"
    name: Literal["customs_rate_plausibility"]
    value: RatePlausibility


class PackedWeightTolerance(Parameter):
    """How far the packed net weight may be from the weight that the line states for the quantity (R-PACK-3)."""

    owner: ClassVar[str] = "customs"
    name: Literal["packed_weight_tolerance_percent"]
    value: Annotated[Decimal, DecimalText(3, 4, most=100)] = Field(description="% of the line's own weight, inclusive")


parameters = Parameters(
    Path(__file__).parents[1] / "policy.toml",
    DeclarationLimitUsd,
    SimplifiedDeclaration,
    ItemsPerDeclaration,
    PortionsPerDeclaration,
    SamplingEvery,
    DeclarationCountsAsMade,
    SubmissionBeforeArrivalDays,
    ConsignorQualifications,
    LoadMaxima,
    PackedWeightTolerance,
    CustomsRatePlausibility,
)
