"""The whole inbound surface of tax-exemption."""

from shared.events.registry import DelegationEvent, PilotEvent, SubjectEvent
from shared.events.trade_ledger import DeclarationEvent
from shared.messaging.subscriptions import Subscriptions
from tax_exemption.consumers.on_registry import copy_delegation, copy_pilot, copy_subject
from tax_exemption.consumers.on_trade_ledger import keep_certificates, keep_items

subscriptions = Subscriptions("tax-exemption")
subscriptions.project(SubjectEvent, copy_subject)
subscriptions.project(DelegationEvent, copy_delegation)
subscriptions.project(PilotEvent, copy_pilot)
# Whatever the type: the state decides (docs/workflow.md#when-something-changes-afterwards).
subscriptions.project(DeclarationEvent, keep_items)
subscriptions.react(DeclarationEvent, keep_certificates)
