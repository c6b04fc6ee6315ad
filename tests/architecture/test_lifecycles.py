"""The published state tables say no more and no less than the models that carry the states."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from registry.domain.lifecycle import STEPS
from shared.events import registry, tax_exemption, trade_ledger
from shared.events.lifecycles import BEGINS, LIFECYCLES

_MODELS: dict[str, Any] = {
    "filing": registry.RoleFiling,
    "agreement": registry.AgreementState,
    "delegation": registry.DelegationState,
    "trade": trade_ledger.TradeState,
    "load": trade_ledger.LoadState,
    "packing_list": trade_ledger.PackingListState,
    "declaration": trade_ledger.DeclarationState,
    "exemption_return": tax_exemption.ReturnState,
    "certificate": tax_exemption.CertificateState,
}


@pytest.mark.parametrize("kind", sorted(LIFECYCLES))
def test_every_state_of_the_event_has_its_row(kind: str) -> None:
    states = set(get_args(_MODELS[kind].model_fields["status"].annotation))
    table = LIFECYCLES[kind]
    # A draft declaration isn't announced.
    assert set(table) - {BEGINS} == states - ({"draft"} if kind == "declaration" else set())
    assert set().union(*table.values()) <= states


def test_the_filing_table_is_the_one_that_registry_enforces() -> None:
    # Staying in a state is always allowed.
    enforced = {
        (source, step.target) for step in STEPS.values() if step.target for source in step.sources - {step.target}
    }
    published = {(state, then) for state, follow in LIFECYCLES["filing"].items() if state for then in follow - {state}}
    assert published == enforced
