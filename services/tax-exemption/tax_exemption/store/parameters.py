"""The rule parameters of tax-exemption: unit, digits and bounds of each; `policy.toml` ships their values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from shared.policy import Parameter, Parameters
from shared.wire import Chosen, DateText, DecimalText, Input, MonthText, WholeNumber


class WindowRule(Input):
    """The last day of the window before holidays move it, and the extensions that were published."""

    model_config = ConfigDict(frozen=True)

    last_day: WholeNumber = Field(description="day of the month after the export", ge=1, le=31)
    least_holiday_run: WholeNumber = Field(
        default=3,
        description="days; a legal holiday inside the window of so many moves its end",
        ge=2,
        le=31,
    )
    extended: dict[MonthText, DateText] = Field(description="month of export to the published last day")


class ExemptionWindow(Parameter):
    """When a month's exports are declared (R-TAX-2, V49)."""

    owner: ClassVar[str] = "tax"
    name: Literal["exemption_window"]
    value: WindowRule


class QuarterlyPeriod(Parameter):
    """Whether who files quarterly declares the quarter's exports together, or each month all the same (R-TAX-2)."""

    owner: ClassVar[str] = "tax"
    name: Literal["quarterly_period"]
    value: Annotated[Literal["quarter", "month"], Chosen("quarterly_period")]


class MiddleRateReachDays(Parameter):
    """How old the published middle rate may be that serves a day without one."""

    owner: ClassVar[str] = "tax"
    name: Literal["middle_rate_reach_days"]
    value: WholeNumber = Field(description="days, inclusive", ge=1, le=31)


class RatePlausibility(Input):
    """What a middle rate is held against when it is imported."""

    model_config = ConfigDict(frozen=True)

    change_percent: Annotated[Decimal, DecimalText(3, 4, positive=True, most=100)] = Field(
        description="% away from the entry before, inclusive"
    )


class MiddleRatePlausibility(Parameter):
    """How far a middle rate may be from the last one of a day before (R-FX-10)."""

    owner: ClassVar[str] = "tax"
    name: Literal["middle_rate_plausibility"]
    value: RatePlausibility


parameters = Parameters(
    Path(__file__).parents[1] / "policy.toml",
    ExemptionWindow,
    QuarterlyPeriod,
    MiddleRateReachDays,
    MiddleRatePlausibility,
)
