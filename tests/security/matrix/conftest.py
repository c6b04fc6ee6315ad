"""Whose is what in a market that has lived a day, and what the access tables let each role do there."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from marketctl.layout import ROOT
from marketctl.sample.people import credit_code
from marketctl.sample.sheets import FOLDER, read_sheet
from marketctl.verify.flow import wait_until_applied
from shared.http.access import Grant
from shared.scope import NAMED
from shared.vocabulary.identifiers import mask_identity

# The fixture's type is in the conftest.py above, which can't be imported: pytest runs in importlib mode.
Market = Any
T = TypeVar("T")
Thing = dict[str, str]
Rows = list[tuple[str, ...]]
Who = tuple[tuple[str, str], ...]

WHOSE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("whose.toml").read_text("utf-8"))
_NO_THING = "019a0000-0000-7000-8000-0000000000cb"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service, as its access table and its description have it."""

    service: str
    name: str
    method: str
    path: str
    grant: Grant
    act: str | None  # as which it may be delegated
    described: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    @property
    def resource(self) -> str:
        """What its path names, up to the last id: `trades.versions`."""
        parts = self.path.split("/")[2:]
        last = max((n for n, part in enumerate(parts) if "{" in part), default=1)
        return ".".join(part for part in parts[:last] if "{" not in part)

    def takes(self, place: str, *, needed: bool = False) -> set[str]:
        known = self.described.get("parameters", ())
        return {each["name"] for each in known if each["in"] == place and each.get("required", False) >= needed}

    @property
    def form(self) -> str | None:
        """The schema of its JSON body."""
        content = self.described.get("requestBody", {}).get("content", {}).get("application/json", {})
        return content.get("schema", {}).get("$ref", "").rpartition("/")[2] or None

    @property
    def nobodys(self) -> Thing:
        """A thing that nobody has; what isn't the id of its path is as it may be written."""
        kinds = {each["name"]: each["schema"].get("type") for each in self.described["parameters"]}
        first, *others = self.parameters
        words = {"role": "operator", "version": "1"}
        named = {first: "999999999" if kinds[first] == "integer" else _NO_THING}
        return named | {name: words.get(name, _NO_THING) for name in others}


@dataclass
class Table:
    """Whose everything is."""

    market: Market
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    # Who lets whom do what: the grantor, a stall holder; the acts; how the delegate calls.
    delegations: list[tuple[str, set[str], Who]] = field(default_factory=list)
    _answers: dict[tuple[str, str], tuple[list[str], Rows]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (service, name), operation in self.market.operations.items():
            grant, raw = self.market.access[service, name], operation.definition.raw
            act = self.market.acts[service].get(name)
            self.operations[service, name] = Operation(service, name, operation.method, operation.path, grant, act, raw)

    def _ask(self, service: str, query: str) -> tuple[list[str], Rows]:
        """The names of a query's columns, and its rows as texts; none that lacks a value."""
        if (service, query) not in self._answers:
            with self.market.lived.layout.installation.connect(service) as connection:
                asked = connection.execute(query)
                names = [column.name for column in asked.description]
                rows = [tuple(map(str, row)) for row in asked.fetchall() if None not in row]
            self._answers[service, query] = names, rows
        return self._answers[service, query]

    def entry(self, operation: Operation) -> dict[str, Any]:
        known, found = WHOSE[operation.service], {}
        for name in (operation.resource, operation.name):
            own = known.get(name, {})
            found |= known.get(own.get("of", ""), {}) | own
        return found

    def things(self, operation: Operation) -> dict[str, Thing]:
        """Every thing of the kind that the operation names, by its id; where it has several (versions), the newest."""
        query = self.entry(operation).get("things")
        names, rows = self._ask(operation.service, query) if query else ([], [])
        return {row[0]: dict(zip(names, row, strict=True)) for row in rows}

    def key(self, operation: Operation, row: dict[str, Any]) -> str:
        """The id of the thing that a row of a list shows."""
        entry, fields = self.entry(operation), row | row.get("content", {})
        names = entry.get("shown", self._ask(operation.service, entry["things"])[0][0]).split()
        return " ".join(str(fields[name]) for name in names) if names[0] in fields else str(row["id"])

    def owners(self, operation: Operation, role: str) -> dict[str, set[str]]:
        """The parties in the role whose a thing is, by the thing's id."""
        return self._owners(operation.service, self.entry(operation), role)

    def _owners(self, service: str, entry: dict[str, Any], role: str) -> dict[str, set[str]]:
        found = defaultdict[str, set[str]](set)
        query = entry.get(role, entry.get(NAMED.get(role, "")))
        for key, party in self._ask(service, query)[1] if query else ():
            found[key].add(party)
        return found

    def named(self, role: str) -> dict[str, set[str]]:
        """The parties that read a subject's name."""
        return self._owners("registry", WHOSE["registry"]["named"], role)

    def reached(self, operation: Operation, role: str, party: str | None) -> set[str]:
        """The ids of the things that a caller of the pilot reaches."""
        things = set(self.things(operation))
        if role not in NAMED or self.entry(operation).get("everybody"):
            return things
        return {key for key, parties in self.owners(operation, role).items() if party in parties} & things

    @cached_property
    def parties(self) -> dict[str, list[str]]:
        """The parties that may act in each role."""
        found = defaultdict[str, list[str]](list)
        found |= {role: self.market.parties[role] for role in ("bank", "site_operator")}
        filed = (
            "SELECT role, subject_id FROM role_filings WHERE status IN ('approved', 'effective') ORDER BY subject_id"
        )
        for role, party in self._ask("registry", filed)[1]:
            found[role].append(party)
        return found

    @cached_property
    def bodies(self) -> dict[tuple[str, str], Any]:
        """The example of each command's form, or what it was sent with on the day."""
        found = {}
        for (service, name), operation in self.operations.items():
            if operation.form is not None:
                document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
                found[service, name] = document["components"]["schemas"][operation.form]["examples"][0]
        sent = {(asked.service, asked.operation): asked.body for asked in self.market.accepted()}
        return found | {key: sent[key] for key in found.keys() & sent.keys()}

    @cached_property
    def canaries(self) -> dict[str, set[str]]:
        """The names of enterprises, with whose they are: in clear to whom reads these."""
        found = defaultdict[str, set[str]](set)
        for name, party in self._ask("registry", "SELECT display_name, id FROM subjects WHERE NOT natural_person")[1]:
            found[name].add(party)
        return found

    @cached_property
    def secrets(self) -> dict[str, set[str]]:
        """Numbers, accounts and names of persons, with whose they are: in clear only where somebody takes its own."""
        masked, found = self._ask("registry", "SELECT identity->>'mask', id FROM subjects")[1], {}
        for each in read_sheet(FOLDER / "filings.xlsx", "主体备案"):
            # A person's name may be a part of an enterprise's.
            person = [f'"{each["名称"]}"'] if each["证件类型"] in ("resident_id", "passport") else []
            for secret in (each["证件号码"], f"6222{each['序号']}", *person):
                found[secret] = {party for mask, party in masked if mask == mask_identity(each["证件号码"])}
        return found

    def strange(self, operation: Operation, text: str, role: str, party: str) -> list[str]:
        """What an answer tells the party of others."""
        named = {subject for subject, parties in self.named(role).items() if party in parties}
        own = party if operation.name == "export_personal_data" else None
        strange = [name for name, parties in self.canaries.items() if name in text and not parties & named]
        return strange + [secret for secret, whose in self.secrets.items() if secret in text and own not in whose]

    @staticmethod
    def called(role: str, party: str | None = None, **more: str) -> Who:
        """How a role calls for a party."""
        named = {f"{NAMED[role]}_id": party} if party is not None and role in NAMED else {}
        return tuple(sorted({"role": role, **named, **more}.items()))

    @staticmethod
    def some(values: Iterable[T], count: int) -> list[T]:
        """So many of the values, spread over them."""
        return (found := list(values))[:: max(1, len(found) // count)][:count]


class Later:
    """What the days have none of: a delegation, an amendment, claims, conflicts, a hold, a proposed day."""

    def __init__(self, market: Market) -> None:
        self._market, self._done = market, market.callers.done
        accounts = market.ask("registry", "SELECT account, id FROM subjects WHERE account IS NOT NULL")
        self._subjects = {account: str(id_) for account, id_ in accounts}
        self._filed = read_sheet(FOLDER / "filings.xlsx", "主体备案")

    def _as(self, ref: str, role: str) -> dict[str, str]:
        return {"role": role, "actor": f"account:{ref}", "subject_id": self._subjects[f"account:{ref}"]}

    def delegate(self) -> list[tuple[str, set[str], Who]]:
        """A stall holder lets an operator read all and pack; the days let a clerk of another one read."""
        grantor, delegate = self._as("SH003", "stall_holder"), self._as("OP2", "operator")
        body = {"delegate_id": delegate["subject_id"], "acts": (acts := ["read", "pack", "read_money", "read_tax"])}
        dates = {"valid_from": "2026-06-01", "valid_to": "2026-12-31"}
        row = self._done("POST", "registry", "/v1/delegations", body | dates, key="matrix:delegation", **grantor)
        path = f"/v1/delegations/{row['id']}/acceptances"
        self._done("POST", "registry", path, version=row["version"], **delegate)
        wait_until_applied(self._market.lived.layout.installation)
        load, by = {"container_number": "CQSU1000925"}, {"on_behalf_of": grantor["subject_id"], **delegate}
        self._done("POST", "trade-ledger", "/v1/loads", load, key="matrix:load", **by)
        of_clerk = self._as("SH001", "stall_holder")["subject_id"]
        clerk = (of_clerk, {"read"}, (("role", "stall_holder"), ("actor", "account:SH001:clerk")))
        return [(grantor["subject_id"], set(acts), tuple(delegate.items())), clerk]

    def file(self) -> None:
        """A role of each kind that the days file nobody in; somebody else claims it; a stall holder is renamed."""
        officer = {"role": "commerce", "actor": "commerce:officer"}
        for n, role in enumerate(("agent", "broker", "carrier")):
            who = {"role": role, "actor": f"account:{role}"}
            identity = {"kind": "credit_code", "number": credit_code(Random(n)), "country": "CN"}
            body = {"identity": identity, "name": f"渝西{role}有限公司", "role": role}
            row = self._done("POST", "registry", "/v1/subjects", body, key=f"matrix:{role}", **who)
            path = f"/v1/subjects/{row['id']}/filings/{role}"
            row = self._done("POST", "registry", f"{path}/submissions", {}, version=row["version"], **who)
            reason = {"reason": "documents complete"}
            self._done("POST", "registry", f"{path}/approvals", reason, version=row["version"], **officer)
            claim, claimant = {"identity": identity, "reason": "it is ours"}, {**who, "actor": f"account:other {role}"}
            self._done("POST", "registry", "/v1/subject-claims", claim, key=f"matrix:claim:{role}", **claimant)
        self._market.send_file(**self._as("OP2", "operator"))
        # An operator states another one's identity under a name of its own.
        number = next(each["证件号码"] for each in self._filed if each["序号"] == "OP4")
        body = {"identity": {"kind": "credit_code", "number": number}, "name": "渝西采购商行", "role": "buyer"}
        self._done("POST", "registry", "/v1/subjects", body, key="matrix:buyer", **self._as("OP3", "operator"))
        renamed = self._as("SH002", "stall_holder")
        path = f"/v1/subjects/{renamed['subject_id']}"
        version = self._done("GET", "registry", path, **renamed)["version"]
        day = {"day": "2027-01-04", "working": False, "source": "matrix"}
        self._done("POST", "tax-exemption", "/v1/calendar-days", day, role="tax", key="matrix:day")
        body = {"name": "龙水改名经营部", "reason": "renamed"}
        self._done("POST", "registry", f"{path}/filings/stall_holder/amendments", body, version=version, **renamed)

    def disagree(self) -> None:
        """Customs releases what waits before it arrives, and deletes what was exported and paid; a bank holds room."""
        told = {"customs_number": "801220269999999999"}
        ((waiting,),) = self._market.ask("trade-ledger", "SELECT id FROM declarations WHERE status = 'submitted'")
        ((gone,),) = self._market.ask(
            "trade-ledger", "SELECT min(id::text) FROM declarations WHERE status = 'departed'"
        )
        for path, kind, at in ((waiting, "accepted", "07"), (waiting, "released", "08"), (gone, "deleted", "20")):
            receipt = {"receipt_id": f"R-{kind}", "kind": kind, "issued_at": f"2026-05-13T{at}:00:00+08:00"}
            receipt |= told if path == waiting else {}
            path = f"/v1/declarations/{path}"
            row = self._done("POST", "trade-ledger", f"{path}/receipts", receipt, role="customs", key=f"matrix:{kind}")
            if kind == "released":
                ((case,),) = self._market.ask("trade-ledger", "SELECT id FROM conflicts")
                site = {"role": "site_operator", "site_id": self._market.parties["site_operator"][0]}
                body = {"reason": "its clock was wrong", "evidence_hash": "sha256:9f86"}
                how = {"version": row["version"], **site}
                self._done("POST", "trade-ledger", f"{path}/conflicts/{case}/closings", body, **how)
        wait_until_applied(self._market.lived.layout.installation)
        ((collector, banks),) = self._market.ask("fx-settlement", _KEPT)
        hold = told | {"collector_id": str(collector), "value": "1.00"}
        self._done("POST", "fx-settlement", "/v1/holds", hold, key="matrix:hold", role="bank", bank_id=banks)


_KEPT = """
SELECT collector_id, held->>'bank_id' FROM entitlement_portions JOIN subject_copies ON subject_id = collector_id,
jsonb_array_elements(qualifications) AS held
WHERE customs_number = '801220269999999999' AND held->>'kind' LIKE '%fx_account'"""


@pytest.fixture(scope="session")
def table(market: Market) -> Table:
    """The market with something of each kind; whoever looks at the days themselves has looked before."""
    later = Later(market)
    delegations = later.delegate()
    later.file()
    later.disagree()
    return Table(market, delegations=delegations)
