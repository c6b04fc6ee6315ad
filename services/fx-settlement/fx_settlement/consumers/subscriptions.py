"""The whole inbound surface of fx-settlement."""

from fx_settlement.consumers.on_registry import copy_bank, copy_grade, copy_subject
from fx_settlement.consumers.on_trade_ledger import (
    copy_trade,
    project_entitlement,
    react_to_declaration,
    react_to_trade,
)
from shared.events import registry, trade_ledger
from shared.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions("fx-settlement")
for _subject_event in (
    registry.SubjectFiled,
    registry.SubjectSubmitted,
    registry.SubjectReviewStarted,
    registry.FilingEffective,
    registry.SubjectApproved,
    registry.SubjectReturned,
    registry.SubjectRejected,
    registry.SubjectAmended,
    registry.SubjectSuspended,
    registry.SubjectReinstated,
    registry.SubjectExited,
    registry.QualificationRecorded,
):
    subscriptions.project(_subject_event, copy_subject)
subscriptions.project(registry.BankFiled, copy_bank)
subscriptions.project(registry.GradeChanged, copy_grade)
for _declaration_event in trade_ledger.DeclarationEvent.__subclasses__():
    # Whatever the type: the state decides (flow.md, rule 2).
    subscriptions.project(_declaration_event, project_entitlement)
    subscriptions.react(_declaration_event, react_to_declaration)
for _trade_event in (trade_ledger.TradeRegistered, trade_ledger.TradeCorrected, trade_ledger.TradeVoided):
    subscriptions.project(_trade_event, copy_trade)
    subscriptions.react(_trade_event, react_to_trade)
