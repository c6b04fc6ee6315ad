"""The market that has lived a day, as somebody sees it who wants what isn't theirs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode

from marketctl.layout import ROOT, SERVICES
from marketctl.sample.callers import Callers
from marketctl.sample.sheets import FOLDER, read_sheet
from marketctl.services import described
from marketctl.verify.questions import ask
from shared.http.access import Grant
from shared.workshop.waiting import wait_until

# The fixture's type is in the conftest.py above, which can't be imported: pytest runs in importlib mode.
Lived = Any
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A bank, a site, a list: everybody of the pilot may name and read them.
_SHARED = {"registry.places", "registry.commodities"}

# What a person or an authority gets whole, for a purpose that is kept (R-DATA-1).
_IN_CLEAR = {"view_identity", "export_personal_data"}

# NDJSON and workbooks have tests of their own.
_NO_JSON = {"register_trades_in_bulk", "import_trades"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `version` goes into If-Match."""

    operation: str
    service: str
    method: str
    path: str
    body: Any = None
    version: int | None = None

    @property
    def text(self) -> str:
        return self.path + json.dumps(self.body, ensure_ascii=False)

    @property
    def ids(self) -> set[str]:
        return set(_ID.findall(self.path + json.dumps(self.body)))

    def with_unknown(self, ids: set[str]) -> Asked:
        """The same request about things that nobody has."""
        names = {each: str(uuid4()) for each in ids}
        path = _ID.sub(lambda found: names.get(found[0], found[0]), self.path)
        body = _ID.sub(lambda found: names.get(found[0], found[0]), json.dumps(self.body))
        return replace(self, path=path, body=json.loads(body))


@dataclass
class Market:
    """What a lived day left: who there is, and which ids stand together in an event."""

    lived: Lived
    operations: dict[tuple[str, str], Any] = field(default_factory=dict)
    access: dict[tuple[str, str], Grant] = field(default_factory=dict)
    # The operations of a service that may be done under a delegation, each with its act.
    acts: dict[str, dict[str, str]] = field(default_factory=dict)
    together: list[set[str]] = field(default_factory=list)
    parties: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    shared: set[str] = field(default_factory=set)
    callers: Callers = field(init=False)
    # Identity numbers and natural persons' names of the day, and where an answer told one.
    persons: set[str] = field(default_factory=set)
    leaks: set[tuple[str, str]] = field(default_factory=set)
    # A business may have its owner's name in its own, which is public.
    businesses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        market, self.callers = self.lived.layout.installation, Callers(self.lived.layout)
        for service in SERVICES:
            document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
            for each in schemathesis.openapi.from_dict(document).get_all_operations():
                operation = each.ok()
                self.operations[service, operation.definition.raw["operationId"]] = operation
            known = described(service).load_service()
            self.access |= {(service, name): grant for name, grant in known.access.items()}
            self.acts[service] = dict(known.delegations.acts) if known.delegations else {}
            for topic, payload in ask(market, service, "SELECT topic, payload FROM outbox"):
                ids = set(_ID.findall(payload.decode()))
                self.together.append(ids)
                self.shared |= ids if topic in _SHARED else set()
        filed = "SELECT role, subject_id::text FROM role_filings WHERE status = 'approved' ORDER BY 1, 2"
        for role, party in ask(market, "registry", filed):
            self.parties[role].append(party)
        for role, listed in (("bank", "banks"), ("site_operator", "sites")):
            items = self.callers.done("GET", "registry", f"/v1/{listed}", role="auditor")["items"]
            self.parties[role] = sorted(each["id"] for each in items)
        filed_rows = read_sheet(FOLDER / "filings.xlsx", "主体备案")
        natural = ("resident_id", "passport")
        self.persons |= {str(row["证件号码"]) for row in filed_rows}
        self.persons |= {row["名称"] for row in filed_rows if row["证件类型"] in natural}
        self.businesses = sorted({row["名称"] for row in filed_rows if row["证件类型"] not in natural}, key=len)[::-1]
        self.everything: set[str] = set().union(*self.together)

    def connected(self, ids: set[str]) -> set[str]:
        """Every id that an event names together with one of these."""
        return set().union(*(each for each in self.together if each & ids))

    def ask(self, service: str, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query in a service's database."""
        return ask(self.lived.layout.installation, service, query)

    def send(self, asked: Asked, role: str, **party: str) -> httpx.Response:
        """One request with a key of its own."""
        how: dict[str, Any] = {"role": role, "key": f"security:{uuid4()}", "version": asked.version, **party}
        answer = self.callers.send(asked.method, asked.service, asked.path, asked.body, **how)
        if asked.operation not in _IN_CLEAR:
            told = answer.text
            for name in self.businesses:
                told = told.replace(name, "")
            self.leaks |= {(asked.operation, role) for each in self.persons if each in told and each not in asked.text}
        return answer

    def send_file(self, **who: str) -> None:
        """A file that is registered after it was sent; its one row is refused."""
        self.callers.done("POST", "trade-ledger", "/v1/trades/bulk", content=b"{}", prefer="respond-async", **who)
        assert wait_until(lambda: self.ask("trade-ledger", "SELECT 1 FROM trade_jobs WHERE state = 'done'"))

    def reads(self, count: int) -> Iterator[Asked]:
        """Every read, of so many things each."""
        for (service, name), operation in self.operations.items():
            if operation.method == "get":
                for path in self._paths(service, operation.path, count):
                    yield Asked(name, service, "GET", path)

    def accepted(self) -> Iterator[Asked]:
        """The first accepted command of each kind."""
        for method, service, path, body, how in self.lived.callers.commands.values():
            name = next(name for name, at in self._patterns(service) if at.fullmatch(path))
            yield Asked(name, service, method, path, body, how.get("version"))

    def commands(self, count: int) -> Iterator[Asked]:
        """The first accepted command of each kind; what nobody sent is made up, upon so many things that are there."""
        heard = {(asked.service, asked.operation) for asked in self.accepted()}
        yield from (asked for asked in self.accepted() if asked.operation not in _NO_JSON)
        for (service, name), operation in self.operations.items():
            if operation.method == "post" and (service, name) not in heard and name not in _NO_JSON:
                for path in self._paths(service, operation.path, count):
                    yield Asked(name, service, "POST", path, valid_body(operation), 1)

    def _patterns(self, service: str) -> Iterator[tuple[str, re.Pattern[str]]]:
        for (owner, name), operation in self.operations.items():
            if owner == service and operation.method == "post":
                yield name, re.compile(re.sub(r"\{\w+\}", "[^/]+", operation.path))

    def _paths(self, service: str, path: str, count: int) -> list[str]:
        """A path with real ids: those that the list at its beginning shows an auditor, spread over it."""
        names = re.findall(r"\{(\w+)\}", path)
        if not names:
            return [path]
        listed = {"/v1/loads": "/v1/packing-lists", "/v1/trace": "/v1/trades"}
        start = path[: path.index("{") - 1]
        answer = self.callers.send("GET", service, listed.get(start, start) + "?limit=200", role="auditor")
        items: list[dict[str, Any]] = answer.json().get("items", [])
        found = []
        for item in items[:: max(1, len(items) // count)][:count]:
            known = {"asked": item.get("number"), "role": item["filings"][0]["role"] if "filings" in item else None}
            # The first name of the path is what the list shows; what stands below it may be missing.
            values = {name: known.get(name) or item.get(name) or str(uuid4()) for name in names}
            values[names[0]] = known.get(names[0]) or item.get(names[0]) or item.get("id") or str(uuid4())
            found.append(path.format_map(values))
        return found


def valid_body(operation: Any) -> Any:
    """A body that the operation's schema allows, always the same; None where it takes none."""
    found = []

    @hypothesis.settings(
        max_examples=1,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(GenerationMode.POSITIVE))
    def make(case: Any) -> None:
        found.append(case.body)

    make()
    return found[0] if operation.body else None


@pytest.fixture(scope="session")
def market(lived: Lived) -> Iterator[Market]:
    found = Market(lived)
    yield found
    found.callers.close()
    assert found.leaks == set(), "answers told persons of the day (V66): operation and role"
