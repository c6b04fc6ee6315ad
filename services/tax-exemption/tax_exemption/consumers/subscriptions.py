"""The whole inbound surface of tax-exemption."""

from shared.events.registry import DelegationEvent, PilotEvent, SubjectEvent
from shared.events.trade_ledger import DeclarationEvent
from shared.messaging.subscriptions import Subscriptions
from tax_exemption.consumers.on_registry import copy_delegations, copy_pilots, copy_subjects
from tax_exemption.consumers.on_trade_ledger import keep_certificates, keep_items

subscriptions = Subscriptions("tax-exemption")
subscriptions.project(SubjectEvent, copy_subjects)
subscriptions.project(DelegationEvent, copy_delegations)
subscriptions.project(PilotEvent, copy_pilots)
# Whatever the type: the state decides (docs/workflow.md#when-something-changes-afterwards).
subscriptions.project(DeclarationEvent, keep_items)
subscriptions.react(DeclarationEvent, keep_certificates)
