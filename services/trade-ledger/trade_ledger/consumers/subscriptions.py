"""The whole inbound surface of trade-ledger."""

from shared.events import fx_settlement, registry, tax_exemption
from shared.messaging.subscriptions import Subscriptions
from trade_ledger.consumers import on_registry
from trade_ledger.consumers.on_traced import link_event, link_filing

subscriptions = Subscriptions("trade-ledger")
subscriptions.project(registry.SubjectEvent, on_registry.copy_subject)
subscriptions.project(registry.SubjectEvent, link_filing)
subscriptions.project(registry.AgreementEvent, on_registry.copy_agreement)
subscriptions.project(registry.DelegationEvent, on_registry.copy_delegation)
subscriptions.project(registry.CommodityListEvent, on_registry.copy_commodity_list)
subscriptions.project(registry.CommodityEntryEvent, on_registry.copy_commodity_entry)
subscriptions.project(registry.CommodityDecisionEvent, on_registry.copy_commodity_decision)
subscriptions.project(registry.GradeEvent, on_registry.copy_grade)
subscriptions.project(registry.PilotEvent, on_registry.copy_pilot)
subscriptions.project(registry.BankEvent, on_registry.copy_bank)
subscriptions.project(registry.SiteEvent, on_registry.copy_site)
subscriptions.project(registry.PortEvent, on_registry.copy_port)
subscriptions.react(registry.SubjectEvent, on_registry.forget_person)
for _traced in (
    registry.AgreementEvent,
    fx_settlement.EntitlementEvent,
    fx_settlement.CollectionEvent,
    fx_settlement.PassOnEvent,
    fx_settlement.ConversionEvent,
    tax_exemption.ReturnEvent,
    tax_exemption.ItemEvent,
    tax_exemption.CertificateEvent,
):
    subscriptions.project(_traced, link_event)
