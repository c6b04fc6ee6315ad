"""What came of the cases: counted by operation, and judged."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from operations import Key

LEAST_PERCENT = 30
_FEWEST = 10
_LISTED = Path(__file__).with_name("exceptions.toml")


class Tally:
    """Counts of each operation, and every answer that must not be."""

    def __init__(self) -> None:
        self.statuses: dict[Key, Counter[int]] = defaultdict(Counter)
        self.codes: dict[Key, Counter[str]] = defaultdict(Counter)
        self.wrong: list[str] = []
        self.made = 0
        """Requests that only made what the cases go on from."""
        self.sound_refused: dict[Key, list[str]] = defaultdict(list)

    def note(self, key: Key, status: int, code: str) -> None:
        self.statuses[key][status] += 1
        if code:
            self.codes[key][code] += 1

    def percent(self, key: Key) -> float:
        """How many of a hundred requests of the operation were accepted."""
        seen = self.statuses[key]
        return 100 * sum(count for status, count in seen.items() if status < 300) / max(1, seen.total())

    def problems(self) -> list[str]:
        """Everything that fails the run."""
        listed: dict[str, dict[str, str]] = tomllib.loads(_LISTED.read_text("utf-8"))
        reasons = {(service, name): why for service, names in listed.items() for name, why in names.items()}
        common = {name for service, name in reasons if service == "every"}
        found = list(self.wrong)
        for key in sorted(self.statuses):
            few = self.percent(key) < LEAST_PERCENT
            named = key in reasons or key[1] in common
            if self.statuses[key].total() < _FEWEST:
                continue
            if few and not named:
                found.append(f"{key[0]} {key[1]}: only {self.percent(key):.0f} % accepted")
            if named and not few:
                found.append(f"{key[0]} {key[1]}: {self.percent(key):.0f} % accepted, and listed in {_LISTED.name}")
        return found

    def table(self) -> str:
        """One line for each operation."""
        lines = [f"{'operation':<58}{'sent':>6}{'2xx':>6}{'4xx':>6}{'5xx':>5}{'':>5}  refused most often"]
        for key in sorted(self.statuses):
            seen = self.statuses[key]
            by = [sum(count for status, count in seen.items() if status // 100 == hundred) for hundred in (2, 4, 5)]
            codes = ", ".join(f"{code} {count}" for code, count in self.codes[key].most_common(3))
            name = f"{key[0]} {key[1]}"
            lines.append(
                f"{name:<58}{seen.total():>6}{by[0]:>6}{by[1]:>6}{by[2]:>5}{self.percent(key):>4.0f}%  {codes}"
            )
        return "\n".join(lines)

    def totals(self) -> dict[str, Any]:
        """The counts of the whole run."""
        whole = sum(self.statuses.values(), Counter[int]())
        return {
            "sent": whole.total(),
            "accepted": sum(count for status, count in whole.items() if status < 300),
            "5xx": sum(count for status, count in whole.items() if status >= 500),
            "operations": len(self.statuses),
        }
