"""The invariant of `verify` about who administers: no account in two of the three roles, in whichever service (I17)."""

from __future__ import annotations

from collections import defaultdict

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.verify.questions import MOST_SHOWN, ask

_HELD = "SELECT issuer, actor, role FROM administrators WHERE released_at IS NULL"


def apart(market: Installation) -> list[str]:
    """I17: system, security and audit administrators are different accounts, over all services."""
    roles: dict[tuple[str, str], set[str]] = defaultdict(set)
    for service in SERVICES:
        for issuer, actor, role in ask(market, service, _HELD):
            roles[issuer, actor].add(role)
    return [
        f"{actor} administers as {' and as '.join(sorted(held))}"
        for (_, actor), held in sorted(roles.items())
        if len(held) > 1
    ][:MOST_SHOWN]
