"""How much one caller may ask: a token bucket that holds over all processes of a service.

The bucket is a row. A process leases tokens from it in blocks, so that most requests cost no statement. The database's
clock fills it: no process's clock does, and neither does the business clock.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_REMEMBERED = 4096
_LEASES = 20
_TAKE = text("""
WITH held AS (
    SELECT who, LEAST(:most, tokens + GREATEST(0, extract(epoch FROM clock_timestamp() - filled_at)) * :per_second)
        AS tokens FROM rate_buckets WHERE who = :who FOR UPDATE
), given AS (
    SELECT who, tokens, CASE WHEN tokens < :least THEN 0 ELSE LEAST(:wanted, floor(tokens)) END AS leased FROM held
)
UPDATE rate_buckets AS b SET tokens = given.tokens - given.leased, filled_at = clock_timestamp()
FROM given WHERE b.who = given.who RETURNING given.leased::int AS leased, b.tokens::float8 AS left_over
""")
_BEGIN = text("""
INSERT INTO rate_buckets (who, tokens, filled_at) VALUES (:who, :most, clock_timestamp()) ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Policy:
    """A bucket's size and how fast it fills, in requests."""

    name: str
    per_second: float
    most: int

    @property
    def told(self) -> str:
        """The value of `RateLimit-Policy`."""
        return f'"{self.name}";q={self.most};w={math.ceil(self.most / self.per_second)}'


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to a caller, as far as this process knows; `retry_after` in seconds where it was refused."""

    policy: Policy
    left: int
    retry_after: int = 0

    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`, and `Retry-After` of a refusal."""
        seconds = self.retry_after or math.ceil((self.policy.most - self.left) / self.policy.per_second)
        told = {"ratelimit": f'"{self.policy.name}";r={self.left};t={seconds}', "ratelimit-policy": self.policy.told}
        return told | ({"retry-after": str(self.retry_after)} if self.retry_after else {})


@dataclass(slots=True)
class _Lease:
    tokens: int = 0
    left_over: float = 0
    closed_until: float = 0
    closed_for: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class TooManyRequests(Exception):
    """The caller's bucket is empty."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.policy.name)
        self.standing = standing


class Buckets:
    """One process's leases under one policy."""

    def __init__(self, engine: AsyncEngine, policy: Policy) -> None:
        self._engine = engine
        self.policy = policy
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    async def take(self, who: str, cost: int = 1) -> Standing:
        """Take what a request costs; TooManyRequests where it isn't there, and nothing is taken then."""
        cost = min(cost, self.policy.most)
        lease = self._lease_of(who)
        if lease.tokens < cost:
            async with lease.turn:
                if lease.tokens < cost:
                    await self._fill(who, lease, cost)
        lease.tokens -= cost
        return Standing(self.policy, lease.tokens + int(lease.left_over))

    async def _fill(self, who: str, lease: _Lease, cost: int) -> None:
        if cost >= lease.closed_for and time.monotonic() < lease.closed_until:
            raise self._refusal(lease, lease.closed_until - time.monotonic())
        least = cost - lease.tokens
        wanted = max(least, self.policy.most // _LEASES)
        told = {"who": who, "most": self.policy.most, "per_second": self.policy.per_second}
        told |= {"least": least, "wanted": wanted}
        async with self._engine.begin() as connection:
            row = (await connection.execute(_TAKE, told)).first()
            if row is None:
                await connection.execute(_BEGIN, {"who": who, "most": self.policy.most})
                row = (await connection.execute(_TAKE, told)).one()
        lease.tokens += row.leased
        lease.left_over = row.left_over
        if lease.tokens < cost:
            # Until then it asks the database no more: a flood of refusals costs it nothing.
            seconds = (least - row.left_over) / self.policy.per_second
            lease.closed_for, lease.closed_until = cost, time.monotonic() + seconds
            raise self._refusal(lease, seconds)

    def _refusal(self, lease: _Lease, seconds: float) -> TooManyRequests:
        left = lease.tokens + int(lease.left_over)
        return TooManyRequests(Standing(self.policy, left, max(1, math.ceil(seconds))))

    def _lease_of(self, who: str) -> _Lease:
        lease = self._leases.setdefault(who, _Lease())
        self._leases.move_to_end(who)
        if len(self._leases) > _REMEMBERED:
            self._leases.popitem(last=False)
        return lease
