"""The whole inbound surface of fx-settlement."""

from fx_settlement.consumers.on_registry import (
    copy_banks,
    copy_delegations,
    copy_grades,
    copy_pilots,
    copy_subjects,
    forget_persons,
)
from fx_settlement.consumers.on_trade_ledger import (
    copy_trades,
    project_entitlements,
    react_to_declarations,
    react_to_trades,
)
from shared.events.registry import BankEvent, DelegationEvent, GradeEvent, PilotEvent, SubjectEvent
from shared.events.trade_ledger import DeclarationEvent, TradeEvent
from shared.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions("fx-settlement")
subscriptions.project(SubjectEvent, copy_subjects)
subscriptions.react(SubjectEvent, forget_persons)
subscriptions.project(DelegationEvent, copy_delegations)
subscriptions.project(BankEvent, copy_banks)
subscriptions.project(GradeEvent, copy_grades)
subscriptions.project(PilotEvent, copy_pilots)
# Whatever the type: the state decides (docs/workflow.md#when-something-changes-afterwards).
subscriptions.project(DeclarationEvent, project_entitlements)
subscriptions.react(DeclarationEvent, react_to_declarations)
subscriptions.project(TradeEvent, copy_trades)
subscriptions.react(TradeEvent, react_to_trades)
