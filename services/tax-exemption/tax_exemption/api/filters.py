"""What the lists can be narrowed to; what is left out doesn't narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from shared.events.tax_exemption import CertificateStatus, ReturnStatus
from shared.http.paging import UpdatedSince
from shared.wire import Chosen, MonthText, Reference


@dataclass(frozen=True, slots=True)
class AskedItems:
    """Which portions are asked for."""

    month: Annotated[MonthText | None, Query(description="month of the export date")] = None
    customs_number: Reference | None = None
    stall_holder_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AskedReturns:
    """Which returns are asked for."""

    number: Reference | None = None
    month: Annotated[MonthText | None, Query(description="the month that is declared")] = None
    stall_holder_id: UUID | None = None
    filer_id: UUID | None = None
    status: Annotated[ReturnStatus, Chosen("return_status")] | None = None
    outside_reference: Reference | None = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedCertificates:
    """Which certificates are asked for."""

    number: Reference | None = None
    issued_number: Annotated[Reference | None, Query(description="tax's own number")] = None
    customs_number: Reference | None = None
    operator_id: UUID | None = None
    principal_id: UUID | None = None
    status: Annotated[CertificateStatus, Chosen("certificate_status")] | None = None
    updated_since: UpdatedSince = None


WantedItems = Annotated[AskedItems, Depends()]
WantedReturns = Annotated[AskedReturns, Depends()]
WantedCertificates = Annotated[AskedCertificates, Depends()]
