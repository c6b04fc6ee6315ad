"""The whole inbound surface of trade-ledger."""

from shared.events import fx_settlement, registry, tax_exemption
from shared.messaging.subscriptions import Subscriptions
from trade_ledger.consumers import on_registry
from trade_ledger.consumers.on_money_and_tax import link_event

subscriptions = Subscriptions("trade-ledger")
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
    subscriptions.project(_subject_event, on_registry.copy_subject)
for _agreement_event in (registry.AgencyProposed, registry.AgencyConfirmed, registry.AgencyTerminated):
    subscriptions.project(_agreement_event, on_registry.copy_agreement)
subscriptions.project(registry.CommodityListPublished, on_registry.copy_commodity_list)
subscriptions.project(registry.CommodityEntryPublished, on_registry.copy_commodity_entry)
subscriptions.project(registry.CommodityDecided, on_registry.copy_commodity_decision)
subscriptions.project(registry.GradeChanged, on_registry.copy_grade)
subscriptions.project(registry.PilotChanged, on_registry.copy_pilot)
subscriptions.project(registry.SiteFiled, on_registry.copy_site)
subscriptions.project(registry.PortDesignated, on_registry.copy_port)
for _traced in (
    fx_settlement.EntitlementChanged,
    fx_settlement.RoomReserved,
    fx_settlement.RoomFreed,
    fx_settlement.AdvanceLinked,
    fx_settlement.AdvanceUnlinked,
    fx_settlement.CollectionBooked,
    fx_settlement.CollectionMatched,
    fx_settlement.CollectionUnmatched,
    fx_settlement.CollectionRefunded,
    fx_settlement.PassedOn,
    fx_settlement.Converted,
    tax_exemption.ReturnFiled,
    tax_exemption.ReturnAccepted,
    tax_exemption.ReturnQueried,
    tax_exemption.ItemDecided,
    tax_exemption.CertificateApplied,
    tax_exemption.CertificateIssued,
    tax_exemption.CertificateVoided,
):
    subscriptions.project(_traced, link_event)
