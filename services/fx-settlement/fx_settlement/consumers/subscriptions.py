"""The whole inbound surface of fx-settlement."""

from fx_settlement.consumers.on_registry import (
    copy_bank,
    copy_delegation,
    copy_grade,
    copy_pilot,
    copy_subject,
    forget_person,
)
from fx_settlement.consumers.on_trade_ledger import (
    copy_trade,
    project_entitlement,
    react_to_declaration,
    react_to_trade,
)
from shared.events.registry import BankEvent, DelegationEvent, GradeEvent, PilotEvent, SubjectEvent
from shared.events.trade_ledger import DeclarationEvent, TradeEvent
from shared.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions("fx-settlement")
subscriptions.project(SubjectEvent, copy_subject)
subscriptions.react(SubjectEvent, forget_person)
subscriptions.project(DelegationEvent, copy_delegation)
subscriptions.project(BankEvent, copy_bank)
subscriptions.project(GradeEvent, copy_grade)
subscriptions.project(PilotEvent, copy_pilot)
# Whatever the type: the state decides (docs/workflow.md#when-something-changes-afterwards).
subscriptions.project(DeclarationEvent, project_entitlement)
subscriptions.react(DeclarationEvent, react_to_declaration)
subscriptions.project(TradeEvent, copy_trade)
subscriptions.react(TradeEvent, react_to_trade)
