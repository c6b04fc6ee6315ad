"""The operations of the four services as they are published, and values that schemathesis draws for each."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import hypothesis
from hypothesis import strategies as st

from marketctl.layout import ROOT, SERVICES
from shared.http.problems import MEDIA_TYPE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.core import NotSet
    from schemathesis.core.failures import Failure, FailureGroup

_AT_ONCE = 15
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What schemathesis would send; half of it breaks the schema."""

    path: dict[str, Any]
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class Operation:
    """One operation of a service."""

    service: str
    name: str
    method: str
    path: str
    definition: dict[str, Any]
    described: Any
    seed: int
    _drawn: list[Drawn] = field(default_factory=list)
    _rounds: int = 0

    @property
    def key(self) -> Key:
        return self.service, self.name

    @property
    def roles(self) -> list[str]:
        roles: list[str] = self.definition["x-roles"]
        return roles

    def drawn(self) -> Drawn:
        """The next drawn value."""
        if not self.in_json:
            return Drawn({}, {}, {}, None)
        if not self._drawn:
            self._draw()
        return self._drawn.pop()

    @property
    def in_json(self) -> bool:
        """Whether it takes no body or JSON: schemathesis draws no other."""
        return "application/json" in self.definition.get("requestBody", {}).get("content", {"application/json": {}})

    def _draw(self) -> None:
        self._rounds += 1

        @hypothesis.seed(f"{self.seed} {self.service} {self.name} {self._rounds}")
        @hypothesis.settings(
            max_examples=_AT_ONCE,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=st.one_of(self.described.as_strategy(mode) for mode in GenerationMode))
        def note(case: Any) -> None:
            known = {name: dict(getattr(case, name) or {}) for name in ("query", "headers")}
            body = None if isinstance(case.body, NotSet) else case.body
            self._drawn.append(Drawn(dict(case.path_parameters or {}), **known, body=body))

        note()

    def departures(self, answer: httpx.Response) -> list[str]:
        """How an answer differs from what the document says of it."""
        told = self.definition["responses"].get(str(answer.status_code))
        if told is None:
            return [f"status {answer.status_code} is not described"]
        kind = answer.headers.get("content-type", "").partition(";")[0]
        kinds = told.get("content", {})
        if kinds and kind not in kinds:
            return [f"content type {kind or 'none'} is not described for {answer.status_code}"]
        if answer.status_code >= 400:
            return self._undescribed(kind, answer)
        try:
            self.described.validate_response(answer)
        except (Failure, FailureGroup) as failure:
            return [str(each) for each in getattr(failure, "exceptions", [failure])]
        return []

    def _undescribed(self, kind: str, answer: httpx.Response) -> list[str]:
        if kind != MEDIA_TYPE:
            return ["no problem document"]
        problem = answer.json()
        codes = {code for each in self.definition["responses"].values() for code in each.get("x-codes", ())}
        return [
            f"code {each['code']} is not described"
            for each in (problem, *problem["errors"])
            if each["code"] not in codes or not (each.get("message_zh") or each.get("title_zh"))
        ]


def all_operations(seed: int) -> Iterator[Operation]:
    """Every operation, service by service."""
    for service in SERVICES:
        document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
        for each in schemathesis.openapi.from_dict(document).get_all_operations():
            described = each.ok()
            raw = described.definition.raw
            yield Operation(service, raw["operationId"], described.method.upper(), described.path, raw, described, seed)
