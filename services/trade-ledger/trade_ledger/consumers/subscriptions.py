"""The whole inbound surface of trade-ledger."""

from shared.events import fx_settlement, registry, tax_exemption
from shared.messaging.subscriptions import Subscriptions
from trade_ledger.consumers import on_registry
from trade_ledger.consumers.on_traced import link_events, link_filings

subscriptions = Subscriptions("trade-ledger")
subscriptions.project(registry.SubjectEvent, on_registry.copy_subjects)
subscriptions.project(registry.SubjectEvent, link_filings)
subscriptions.project(registry.AgreementEvent, on_registry.copy_agreements)
subscriptions.project(registry.DelegationEvent, on_registry.copy_delegations)
subscriptions.project(registry.CommodityListEvent, on_registry.copy_commodity_lists)
subscriptions.project(registry.CommodityEntryEvent, on_registry.copy_commodity_entries)
subscriptions.project(registry.CommodityDecisionEvent, on_registry.copy_commodity_decisions)
subscriptions.project(registry.GradeEvent, on_registry.copy_grades)
subscriptions.project(registry.PilotEvent, on_registry.copy_pilots)
subscriptions.project(registry.BankEvent, on_registry.copy_banks)
subscriptions.project(registry.SiteEvent, on_registry.copy_sites)
subscriptions.project(registry.PortEvent, on_registry.copy_ports)
subscriptions.react(registry.SubjectEvent, on_registry.forget_persons)
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
    subscriptions.project(_traced, link_events)
