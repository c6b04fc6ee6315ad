"""Which of two verdicts on a trade line governs (V8)."""

from __future__ import annotations

from collections.abc import Mapping

from shared.vocabulary.recognition import Decision, Verdict

_STRICTNESS: Mapping[Decision, int] = {"eligible": 0, "needs_person": 1, "not_eligible": 2}


def governs(now: Verdict, registered: Decision) -> bool:
    """Whether today's verdict replaces the registration's: a stricter one does, and a person's answer (V8)."""
    answered = registered == "needs_person" and now.by_person
    return answered or _STRICTNESS[now.decision] >= _STRICTNESS[registered]
