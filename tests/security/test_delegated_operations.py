"""Every operation of every service, called for another party: what no delegation can name is refused (V65)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.events.registry import DelegatedAct
from shared.workshop.testing.client import open_door
from shared.workshop.testing.registry_events import delegation, hear, subject
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.tokens import ISSUER

CLERK = {"role": "operator", "actor": "clerk-7"}


@pytest.mark.parametrize("service", SERVICES)
async def test_only_operations_with_an_act_are_done_for_another_party(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    """The clerk may do every act that there is; an operation without one answers 403 whatever was granted."""
    grantor = uuid4()
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        known = door.app.state.delegations
        acts = known.acts if known else {}
        account = door.app.state.runtime.actors.opaque(ISSUER, CLERK["actor"])
        terms = {"role": "operator", "account": account, "acts": get_args(DelegatedAct), "limit_usd": "1.00"}
        async with door.as_worker() as session:
            said = (subject("operator", subject_id=grantor), delegation(grantor, **terms))
            await hear(session, described(service).subscriptions, *said)
        done = set()
        for path, methods in door.app.openapi()["paths"].items():
            for method, operation in methods.items():
                address, body = re.sub(r"\{\w+\}", lambda _: str(uuid4()), path), {} if method == "post" else None
                on_behalf = {"on-behalf-of": str(grantor)}
                answer = await door.call(method.upper(), address, body, headers=on_behalf, **CLERK)
                assert answer.status_code < 500, operation["operationId"]
                if answer.status_code != 403:
                    done.add(operation["operationId"])
                else:
                    assert answer.json()["code"] == "forbidden"
        assert done == set(acts)


def test_every_act_that_can_be_delegated_is_done_somewhere() -> None:
    known = [described(service).load_service().delegations for service in SERVICES]
    assert {act for each in known if each for act in each.acts.values()} == set(get_args(DelegatedAct))
