"""When a certificate of agency export is applied for, issued, void, outdated (R-TAX-5, V52)."""

from __future__ import annotations

from decimal import Decimal

from shared.vocabulary.rules import Breach


def breaches_of_application(live_number: str | None, *, frozen: bool) -> tuple[Breach, ...]:
    """Breaches where a certificate that isn't void covers declaration and principal, or a case holds it back."""
    breaches = []
    if live_number is not None:
        breaches.append(Breach("certificate_applied_already", "R-TAX-5", "", {"certificate": live_number}))
    if frozen:
        breaches.append(Breach("export_frozen", "R-DECL-7"))
    return tuple(breaches)


def breaches_of_issue(status: str, *, number_used_by: str | None, frozen: bool) -> tuple[Breach, ...]:
    """Breaches where it isn't applied for, another one has tax's number, or a case holds it back."""
    breaches = []
    if status != "applied":
        breaches.append(Breach("certificate_not_applied", "R-TAX-5"))
    if number_used_by is not None:
        breaches.append(Breach("issued_number_used", "R-TAX-5", "/issued_number", {"certificate": number_used_by}))
    if frozen:
        breaches.append(Breach("export_frozen", "R-DECL-7"))
    return tuple(breaches)


def breaches_of_voiding(status: str) -> tuple[Breach, ...]:
    """Breach where the certificate is void already."""
    return (Breach("certificate_void_already", "R-TAX-5"),) if status == "void" else ()


def is_outdated(stated: tuple[Decimal, str], released: tuple[Decimal, str] | None) -> bool:
    """Whether a certificate no longer says what is released for its principal: (value, currency), None for nothing."""
    return released is None or stated != released
