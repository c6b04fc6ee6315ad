"""Every value that a caller sends has a kind with one form: no bare date, number, yes/no or text (V16, V39, V54)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, RootModel, TypeAdapter, ValidationError

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.http.access import operation_of
from shared.http.problems import malformed
from shared.wire import (
    DateText,
    Instant,
    Kind,
    Name,
    OptionalName,
    OptionalReference,
    Reference,
    WholeNumber,
    WholeNumberInUrl,
    YesNo,
    YesNoInUrl,
)
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint
from trade_ledger.api.trade_schemas import TradeIn

UNKNOWN = "019a0000-0000-7000-8000-0000000000aa"
# Each role's token names its party.
PARTY = {name: UUID(int=0x019A << 112 | n) for n, name in enumerate(("subject_id", "bank_id", "site_id"), 1)}
_WITH_ONE_FORM = (UUID, NoneType, Ellipsis)
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """A value in a request: the way to it, its type, its kinds, and what tells which form is meant."""

    path: Path_
    type: Any
    told: tuple[Any, ...]
    name: str | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(each for each in self.told if isinstance(each, Kind))

    @property
    def pointer(self) -> str:
        return "".join(f"/{part}" for part in self.path)

    def body(self, value: Any) -> Any:
        """A body with the value in its place and nothing else."""
        for part in reversed(self.path):
            value = [value] if isinstance(part, int) else {part: value}
        return value if self.name is None else {"name": self.name, **value}

    def is_of(self, *kinds: Any) -> bool:
        """Whether the value is of a kind of `shared.wire`."""
        wanted = [each for kind in kinds for each in get_args(kind) if isinstance(each, Kind)]
        return any(each in wanted for each in self.kinds)

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """The value's own type, with all that is told of it."""
        kind: Any = Annotated[self.type, *self.told]
        return TypeAdapter(kind)


def places(type_: Any, path: Path_, told: tuple[Any, ...] = (), name: str | None = None) -> Iterator[Place]:
    """The values at any depth of a type that aren't choices or ids."""
    origin = get_origin(type_)
    if origin is Annotated:
        inner, *more = get_args(type_)
        yield from places(inner, path, (*told, *more), name)
    elif origin in (Union, UnionType):
        # What is said of an optional value is said of the value; what is said of a list isn't said of its parts.
        for each in get_args(type_):
            yield from places(each, path, told, name)
    elif origin is not None and origin is not Literal:
        for each in get_args(type_):
            yield from places(each, (*path, "*" if origin is dict else 0), (), name)
    elif isinstance(type_, type) and issubclass(type_, BaseModel):
        yield from _fields(type_, path, name)
    elif origin is not Literal and type_ not in _WITH_ONE_FORM:
        yield Place(path, type_, told, name)


def _fields(model: type[BaseModel], path: Path_, name: str | None) -> Iterator[Place]:
    root = issubclass(model, RootModel)
    for field_name, field in model.model_fields.items():
        chosen = get_args(field.annotation) if field_name == "name" and not path else ()
        name = chosen[0] if len(chosen) == 1 else name
        yield from places(field.annotation, path if root else (*path, field_name), tuple(field.metadata), name)


def routes_of(service: str) -> list[tuple[APIRoute, str]]:
    """Each route with a role that may call it."""
    served = described(service).load_service()
    routes = [each for router in served.routers for each in router.routes if isinstance(each, APIRoute)]
    return [(each, min(served.access[operation_of(each)].roles)) for each in routes]


def address_of(route: APIRoute) -> str:
    """The route's path with values that its parameters take."""
    path = route.path.replace("{role}", "buyer").replace("{version}", "1").replace("{parked_id}", "1")
    return re.sub(r"\{[a-z_]+\}", UNKNOWN, path)


def form_of(route: APIRoute) -> Any:
    """The form of the body; a trade is read from the bytes, which the route doesn't say."""
    if route.name == "register_trade":
        return TradeIn
    return route.body_field.field_info.annotation if route.body_field is not None else None


def bodies(service: str) -> Iterator[tuple[str, str, Place]]:
    """Address, role and place of every value in the body of a request."""
    for route, role in routes_of(service):
        if (form := form_of(route)) is not None:
            for place in places(form, ()):
                yield address_of(route), role, place


def queries(service: str) -> Iterator[tuple[str, str, Place]]:
    """Address, role and place of every value in a path or query."""
    for route, role in routes_of(service):
        for each in get_flat_params(route.dependant):
            for place in places(each.field_info.annotation, (each.alias,), tuple(each.field_info.metadata)):
                yield address_of(route), role, place


@pytest.fixture
async def door(
    service: str, make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any
) -> AsyncIterator[Door]:
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as opened:
        async with opened.as_worker() as session:
            await file_party(session, service, PARTY)
        yield opened


@pytest.mark.parametrize("service", SERVICES)
def test_every_value_of_a_request_has_a_kind(service: str) -> None:
    found = [*bodies(service), *queries(service)]
    assert len(found) > 20
    assert [(path, place.pointer) for path, _, place in found if not place.kinds] == []


@pytest.mark.parametrize(
    ("type_", "bare"),
    [
        (str, True),
        (date, True),
        (AwareDatetime, True),
        (bool | None, True),
        (list[int], True),
        (dict[str, Name], True),
        (Annotated[str, "a description"], True),
        (RootModel[Any], True),
        (Any, True),
        (Name, False),
        (list[Name] | None, False),
        (dict[Name, Instant], False),
        (Literal["a", "b"], False),
        (UUID | None, False),
    ],
)
def test_a_bare_value_is_found_at_any_depth(type_: Any, bare: bool) -> None:
    assert any(not each.kinds for each in places(type_, ())) == bare


_NO_DATE = (0, 1781222400, 1781222400.5, "1781222400", "2026-03-08T23:00:00-05:00", "2026-03-08T00:00:00", "2026-3-8")
_WRONG: tuple[tuple[Any, str | None, tuple[Any, ...]], ...] = (
    (DateText, "field_not_date", (*_NO_DATE, "20260308", "2026-02-30", "2026/03/08", "２０２６-03-08", True, [])),
    (DateText, "field_out_of_range", ("0001-01-01", "9999-12-31")),
    (Instant, "field_not_datetime", (0, 1781222400, "2026-03-08", "2026-03-08T23:00:00", "2026-03-08 23:00:00Z")),
    (WholeNumber, "field_not_integer", (True, "1", 1.0, 1.5, "1.0")),
    (YesNo, "field_not_boolean", (0, 1, "true", "yes", "")),
    (Reference, "reference_without_letter", ("\u200b", ".", "--")),
    (Reference, "text_unreadable", ("A\u0000B", "A\tB", "A\u202eB")),
    (OptionalReference, "reference_without_letter", (".", "\u200b")),
    (OptionalReference, "text_unreadable", ("A\u0007B", "A\u2066B")),
    (Name, "field_too_short", ("\u200b", " ")),
    (Name, "text_unreadable", ("A\u0000B",)),
    (OptionalName, "text_unreadable", ("A\u0000B",)),
)


@pytest.mark.parametrize("service", SERVICES)
async def test_each_field_refuses_every_other_form_and_names_itself(service: str, door: Door) -> None:
    asked = [(*each, kind) for each in bodies(service) for kind in _WRONG if each[2].is_of(kind[0])]
    assert len(asked) > 20
    for path, role, place, (_, code, values) in asked:
        if "*" in place.path:
            continue
        answer = await door.call("POST", path, place.body(values[0]), role=role, version=1, **PARTY)
        told = [each["code"] for each in answer.json()["errors"] if each["pointer"] == place.pointer]
        assert (answer.status_code, told) == (422, [code]), (path, place, answer.text)
    for _, _, place, (kind, code, values) in asked:
        for value in values:
            with pytest.raises(ValidationError) as refused:
                place.adapter.validate_python(value)
            assert {each.code for each in malformed(refused.value.errors())} == {code}, (place, value, kind)


@pytest.mark.parametrize("service", SERVICES)
async def test_each_parameter_of_an_address_refuses_every_other_form(service: str, door: Door) -> None:
    wrong = (
        (DateText, ("0", "1781222400", "2026-3-8", "2026-03-08T23:00:00-05:00")),
        (WholeNumberInUrl, ("1.0", "+1", " 1", "true", "1e2", "-1")),
        (YesNoInUrl, ("1", "0", "yes", "True", "")),
    )
    tried = 0
    for path, role, place in queries(service):
        for kind, values in wrong:
            for value in values if place.is_of(kind) and "{" not in path else ():
                asked = f"{path}?{urlencode({str(place.path[0]): value})}"
                answer = await door.call("GET", asked, role=role, **PARTY)
                if answer.status_code != 405 and place.path[0] not in ("version", "parked_id"):
                    tried += 1
                    assert answer.status_code == 422, (asked, answer.text)
    assert tried


@pytest.mark.parametrize("service", SERVICES)
def test_what_looks_the_same_is_the_same_in_every_reference(service: str) -> None:
    references = [place for _, _, place in bodies(service) if place.is_of(Reference, OptionalReference)]
    assert references
    for place in references:
        kind: Any = Annotated[place.type, *place.kinds]
        told: TypeAdapter[str] = TypeAdapter(kind)
        for written in ("FA-14", "FA-14\u200b", "ＦＡ－１４", "\ufeffFA\u201114", " FA-14 ", "F\u00adA-14"):
            assert told.validate_python(written) == "FA-14", (place, written)


_NAMED_LIKE_ONE = re.compile(
    r"(^|_)(reference|ref|number|certificate|seal|receipt_id|hash|account|vehicle|customs_office|port|port_code)$"
)


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_named_like_a_reference_is_one_or_has_a_pattern(service: str) -> None:
    named = [place for _, _, place in bodies(service) if _NAMED_LIKE_ONE.search(str(place.path[-1]))]
    assert named
    assert [each for each in named if not each.is_of(Reference, OptionalReference) and _takes_any_text(each)] == []


def _takes_any_text(place: Place) -> bool:
    try:
        place.adapter.validate_python("any text \u200b at all")
    except ValidationError:
        return False
    return True
