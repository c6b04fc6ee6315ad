"""Reads and writes access rules (ACLs) of a Kafka cluster; aiokafka knows the messages and has no calls for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest_v1, DescribeAclsRequest_v1
from aiokafka.protocol.api import Request

from shared.messaging.kafka_refusals import let_in

# Kafka's own numbers (org.apache.kafka.common.acl and .resource).
_RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional-id": 5, "delegation-token": 6, "user": 7}
_PATTERNS = {"literal": 3, "prefixed": 4}
_OPERATIONS = {
    "all": 2, "read": 3, "write": 4, "create": 5, "delete": 6, "alter": 7, "describe": 8, "cluster-action": 9,
    "describe-configs": 10, "alter-configs": 11, "idempotent-write": 12, "create-tokens": 13, "describe-tokens": 14,
    "two-phase-commit": 15,
}  # fmt: skip
_ANY, _ALLOW, _EVERYWHERE = 1, 3, "*"


class Acl(NamedTuple):
    """What a principal may do, from every host."""

    principal: str
    resource: str
    name: str
    operation: str
    pattern: str = "literal"

    def __str__(self) -> str:
        prefixed = "*" if self.pattern == "prefixed" else ""
        return f"{self.principal:<28} {self.operation:<9} {self.resource} {self.name}{prefixed}"


class _Describe(Request[DescribeAclsRequest_v1]):  # type: ignore[misc]  # aiokafka tells no types here
    API_KEY = 29

    def __init__(self, principal: str) -> None:
        self._principal = principal

    def build(self, kind: type[DescribeAclsRequest_v1]) -> DescribeAclsRequest_v1:
        return kind(_ANY, None, _ANY, self._principal, None, _ANY, _ANY)


class _Create(Request[CreateAclsRequest_v1]):  # type: ignore[misc]  # aiokafka tells no types here
    API_KEY = 30

    def __init__(self, acls: Iterable[Acl]) -> None:
        self._acls = [_packed(acl) for acl in acls]

    def build(self, kind: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return kind(self._acls)


class _Delete(Request[DeleteAclsRequest_v1]):  # type: ignore[misc]  # aiokafka tells no types here
    API_KEY = 31

    def __init__(self, acls: Iterable[Acl]) -> None:
        self._acls = [_packed(acl) for acl in acls]

    def build(self, kind: type[DeleteAclsRequest_v1]) -> DeleteAclsRequest_v1:
        return kind(self._acls)


def _packed(acl: Acl) -> tuple[int, str, int, str, str, int, int]:
    where = (_RESOURCES[acl.resource], acl.name, _PATTERNS[acl.pattern])
    return (*where, acl.principal, _EVERYWHERE, _OPERATIONS[acl.operation], _ALLOW)


class KafkaAcls:
    """The rules of a cluster, asked by somebody who may change them."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options

    async def of(self, principals: Collection[str]) -> set[Acl]:
        """What the principals are allowed now; KafkaError where one has a rule of a kind that isn't known here."""
        found = set()
        for answer in await self._answers([_Describe(principal) for principal in sorted(principals)]):
            _require_done(answer.error_code, answer.error_message)
            for resource, name, pattern, acls in answer.resources:
                found |= {_read(resource, name, pattern, *each) for each in acls}
        return found

    async def change(self, missing: Collection[Acl], extra: Collection[Acl]) -> None:
        """Give what is missing, then take away what is too much."""
        asked: list[Any] = [_Create(missing)] if missing else []
        for answer in await self._answers([*asked, *([_Delete(extra)] if extra else [])]):
            for error_code, message, *_ in _told(answer):
                _require_done(error_code, message)

    async def _answers(self, asked: Sequence[Any]) -> list[Any]:
        client = AIOKafkaClient(**self._options)
        await let_in(client, self._options)
        try:
            return [await client.send(client.get_random_node(), each) for each in asked]
        finally:
            await client.close()


def _told(answer: Any) -> list[Any]:
    told: list[Any] = getattr(answer, "creation_responses", None) or getattr(answer, "filter_responses", [])
    return told


def _require_done(error_code: int, message: str | None) -> None:
    if error_code:
        raise for_code(error_code)(message or "")


def _read(resource: int, name: str, pattern: int, principal: str, host: str, operation: int, permission: int) -> Acl:
    names = [{number: word for word, number in each.items()} for each in (_RESOURCES, _OPERATIONS, _PATTERNS)]
    words = [each.get(number) for each, number in zip(names, (resource, operation, pattern), strict=True)]
    if host != _EVERYWHERE or permission != _ALLOW or None in words:
        raise KafkaError(f"{principal} has a rule for {name} that isn't made here: look at it with Kafka's own tools")
    return Acl(principal, str(words[0]), name, str(words[1]), str(words[2]))
