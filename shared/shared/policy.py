"""Parameters of rules: dated values of a known form, each with its reference, read as of the legal date of an act."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_args
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    RootModel,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError
from sqlalchemy import Column, Date, DateTime, MetaData, Row, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.vocabulary.errors import SetupProblem
from shared.wire import DateText, FilledText, Input
from shared.wire import Text as WireText

EVERY_PILOT = "*"


_PROPOSALS = "policy_proposals"


def add_policy_table(metadata: MetaData) -> Table:
    """Add the table of a service's rule parameters, and beside it that of the values that one person proposed."""
    Table(
        _PROPOSALS,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("name", Text, nullable=False),
        Column("pilot", Text, nullable=False),
        Column("effective_from", Date, nullable=False),
        Column("value", JSONB, nullable=False),
        Column("citation", Text, nullable=False),
        Column("remark", Text, nullable=False),
        Column("proposed_by", Text, nullable=False),
        Column("proposed_at", DateTime(timezone=True), nullable=False),
        Column("confirmed_by", Text),
        Column("confirmed_at", DateTime(timezone=True)),
    )
    return Table(
        "policy_parameters",
        metadata,
        Column("name", Text, primary_key=True),
        Column("pilot", Text, primary_key=True, server_default=EVERY_PILOT),
        Column("effective_from", Date, primary_key=True),
        Column("value", JSONB, nullable=False),
        Column("citation", Text, nullable=False),
        Column("remark", Text, nullable=False, server_default=""),
    )


def proposals_beside(policy: Table) -> Table:
    """The table of proposed values that `add_policy_table` made beside a table of rule parameters."""
    return policy.metadata.tables[_PROPOSALS]


class Parameter(Input):
    """A rule parameter's value from a date on, with what it rests on.

    A subclass is one parameter: its `name` is a literal, its `value` says unit, digits and bounds, and `owner` is the
    role of the authority whose rule it is; nobody else sets it. An administrator owns technical ones only.
    """

    owner: ClassVar[str]

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str
    effective_from: DateText
    value: Any
    citation: FilledText = Field(max_length=300)
    remark: WireText = Field("", max_length=300)

    @property
    def version(self) -> str:
        """The reference to this parameter that a decision stores."""
        return f"{self.name}@{self.effective_from.isoformat()}"

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema names the role that sets the parameter."""
        return {**handler(core), "x-set-by": cls.owner}

    @classmethod
    def called(cls) -> str:
        """The parameter's name."""
        (name,) = get_args(cls.model_fields["name"].annotation)
        return str(name)


P = TypeVar("P", bound=Parameter)
OWNERS = ("commerce", "customs", "safe", "system", "tax")
"""The roles that may own a parameter."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A stored row that this version can't read: its name is unknown or its value is out of bounds."""

    name: str
    pilot: str
    effective_from: date
    reason: str

    def is_of(self, row: Row[Any]) -> bool:
        """Whether it is about a row of the table."""
        return bool((row.name, row.pilot, row.effective_from) == (self.name, self.pilot, self.effective_from))

    def __str__(self) -> str:
        return f"{self.name} of {self.pilot} from {self.effective_from}: {self.reason}"


class Parameters:
    """All parameters of a service with the values that it ships (`policy.toml`).

    `form` is what a caller may propose: one of the parameters, told apart by its name. `held` is the same with the
    pilot that it is set for, and `proposed` with who proposed and who confirmed it.
    """

    def __init__(self, file: Path, *kinds: type[Parameter]) -> None:
        rows: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["parameter"]
        self._plain: TypeAdapter[Parameter] = TypeAdapter(_one_of(kinds))
        self.kinds = {kind.called(): kind for kind in kinds}
        self.shipped: tuple[Parameter, ...] = tuple(self._plain.validate_python(row) for row in rows)
        self.form = _form_of(kinds, self.shipped[0])
        self.held: Any = _one_of([create_model(f"Held{kind.__name__}", __base__=kind, pilot=str) for kind in kinds])
        self.proposed: Any = _one_of(
            [create_model(f"Proposed{kind.__name__}", __base__=kind, pilot=str, **_PROPOSED) for kind in kinds]
        )

    def rows(self) -> list[dict[str, Any]]:
        """The shipped values as rows of the table."""
        return [self.row(each, EVERY_PILOT) for each in self.shipped]

    def row(self, parameter: Parameter, pilot: str) -> dict[str, Any]:
        """A parameter as a row of the table."""
        written = parameter.model_dump(mode="json")
        return {**written, "effective_from": parameter.effective_from, "pilot": pilot}

    def unread(self, rows: Iterable[Row[Any]]) -> list[Unread]:
        """The rows that this version can't read, each with the reason."""
        found = []
        for row in rows:
            try:
                self._plain.validate_python(_content(row))
            except ValidationError as error:
                reason = "; ".join(
                    f"{'/'.join(map(str, each['loc'][1:])) or 'name'}: {each['msg']}" for each in error.errors()
                )
                found.append(Unread(row.name, row.pilot, row.effective_from, reason))
        return found


_PROPOSED: Any = {
    "id": UUID,
    "proposed_by": str,
    "proposed_at": datetime,
    "confirmed_by": (str | None, ...),
    "confirmed_at": (datetime | None, ...),
}


def _one_of(kinds: Sequence[type[Parameter]]) -> Any:
    return Annotated[reduce(or_, kinds), Field(discriminator="name")]


def _form_of(kinds: Sequence[type[Parameter]], example: Parameter) -> type[RootModel[Parameter]]:
    class RuleParameter(RootModel[_one_of(kinds)]):  # type: ignore[misc]  # the choices are known when it runs
        """A rule parameter from a date on, with what it rests on; `name` says which, and what its value may be."""

        model_config = ConfigDict(json_schema_extra={"examples": [example.model_dump(mode="json")]})

        @model_validator(mode="wrap")
        @classmethod
        def _pointed(cls, value: Any, handler: Any) -> Any:
            return _without_tag(value, handler)

    return RuleParameter


_TAG_ERRORS = {"union_tag_invalid", "union_tag_not_found"}


def _without_tag(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Errors point to the field as the caller wrote it: pydantic puts the union's choice into their place."""
    try:
        return handler(value)
    except ValidationError as error:
        details = [
            InitErrorDetails(
                type=PydanticCustomError(each["type"], each["msg"], each.get("ctx")),
                loc=("name",) if each["type"] in _TAG_ERRORS else each["loc"][1:],
                input=each["input"],
            )
            for each in error.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(error.title, details) from error


def _content(row: Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in Parameter.model_fields}


class Policy:
    """All parameters of a service, newest first within a name; a pilot's own row goes before the common one."""

    def __init__(self, rows: Sequence[Row[Any]], pilot: str) -> None:
        self._rows = sorted(
            (row for row in rows if row.pilot in (EVERY_PILOT, pilot)),
            key=lambda row: (row.pilot == pilot, row.effective_from),
            reverse=True,
        )

    def on(self, kind: type[P], day: date) -> P:
        """The parameter in force on a legal date.

        Raises KeyError if there is none; SetupProblem if its row, stored by an earlier version, is out of today's
        bounds.
        """
        name = kind.called()
        for row in self._rows:
            if row.name == name and row.effective_from <= day:
                try:
                    return kind.model_validate(_content(row))
                except ValidationError as error:
                    said = "; ".join(each["msg"] for each in error.errors())
                    raise SetupProblem(f"rule parameter {name} of {row.pilot} can't be read: {said}") from error
        raise KeyError(f"no policy parameter {name} in force on {day}")


async def policy_of(session: AsyncSession | AsyncConnection, table: Table, pilot: str) -> Policy:
    """The service's policy as its database holds it now."""
    rows = (await session.execute(select(table).where(table.c.pilot.in_([EVERY_PILOT, pilot])))).all()
    return Policy(rows, pilot)
