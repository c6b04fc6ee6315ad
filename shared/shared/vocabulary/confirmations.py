"""What one person proposes, a second one confirms (V6)."""

from __future__ import annotations

from shared.vocabulary.rules import Breach


def breaches_of_second_person(proposed_by: str, confirmed_by: str) -> tuple[Breach, ...]:
    """Who proposed something doesn't confirm it."""
    return (Breach("second_person_needed", "V6"),) if proposed_by == confirmed_by else ()


def breaches_of_parameter_confirmation(
    proposed_by: str, confirmed_by: str, *, confirmed_already: bool, newest: bool
) -> tuple[Breach, ...]:
    """A rule parameter is confirmed once, by a second person, and only the newest value proposed for its day."""
    breaches = []
    if confirmed_already:
        breaches.append(Breach("parameter_confirmed_already", "V6"))
    elif not newest:
        breaches.append(Breach("parameter_superseded", "V6"))
    return (*breaches, *breaches_of_second_person(proposed_by, confirmed_by))
