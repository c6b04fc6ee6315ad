"""The state of the sample days while they run: ids by the workbooks' own references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from marketctl.embedded.layout import Layout
from marketctl.sample.callers import Callers
from marketctl.sample.sheets import FOLDER, read_sheet


@dataclass(slots=True)
class Story:
    """Filled step by step; every value comes from an answer of a service."""

    layout: Layout
    callers: Callers
    subjects: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    banks: dict[str, str] = field(default_factory=dict)
    site: str = ""
    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    loads: dict[str, dict[str, Any]] = field(default_factory=dict)
    packing_lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    declarations: dict[str, dict[str, Any]] = field(default_factory=dict)

    def rows(self, workbook: str, sheet: str) -> list[dict[str, str]]:
        """The rows of a committed workbook."""
        return read_sheet(FOLDER / f"{workbook}.xlsx", sheet)

    def subject(self, ref: str) -> str:
        """The id of a party."""
        found: str = self.subjects[ref]["id"]
        return found

    def as_party(self, ref: str) -> dict[str, str]:
        """How a party calls: its role, its account, its subject."""
        return {"role": self.roles[ref], "actor": f"account:{ref}", "subject_id": self.subject(ref)}
