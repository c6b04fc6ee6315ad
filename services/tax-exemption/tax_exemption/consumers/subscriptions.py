"""The whole inbound surface of tax-exemption."""

from shared.events import registry, trade_ledger
from shared.messaging.subscriptions import Subscriptions
from tax_exemption.consumers.on_registry import copy_pilot, copy_subject
from tax_exemption.consumers.on_trade_ledger import keep_certificates, keep_items

subscriptions = Subscriptions("tax-exemption")
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
subscriptions.project(registry.PilotChanged, copy_pilot)
for _declaration_event in trade_ledger.DeclarationEvent.__subclasses__():
    # Whatever the type: the state decides (flow.md, rule 2).
    subscriptions.project(_declaration_event, keep_items)
    subscriptions.react(_declaration_event, keep_certificates)
