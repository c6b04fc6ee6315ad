"""The one table of recognition cases, for every service that recognises goods."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from shared.vocabulary.recognition import Decision
from shared.workshop.testing.services import ROOT

_TABLE = ROOT / "shared" / "tests" / "vocabulary" / "recognition_cases.toml"


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """An entry of the positive or negative `kind` of list, or a `decision`; `name` is how cases call it."""

    name: str
    kind: str
    verdict: Decision
    hs_prefix: str
    keywords: tuple[str, ...]
    barred_from_simplification: bool


@dataclass(frozen=True, slots=True)
class RecognitionCase:
    """Goods, the entries in force and what must come of it; `entry` is None where nothing fits.

    Lists hold their entries in the order of `in_force`; of decisions the later one was made later.
    """

    id: str
    rule: str
    in_force: tuple[CaseEntry, ...]
    goods_name: str
    hs_code: str
    decision: Decision
    entry: str | None
    barred_from_simplification: bool


def recognition_cases() -> list[RecognitionCase]:
    """All cases of the table."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    entries = {
        name: CaseEntry(
            name,
            each.get("list", "decision"),
            each.get("decision") or ("eligible" if each["list"] == "positive" else "not_eligible"),
            each.get("prefix", ""),
            tuple(each.get("keywords", ())),
            each.get("barred_from_simplification", False),
        )
        for name, each in table["entries"].items()
    }
    return [
        RecognitionCase(
            each["id"],
            each["rule"],
            tuple(entries[name] for name in each["in_force"]),
            each["goods"][0],
            each["goods"][1],
            each["decision"],
            each.get("entry"),
            each.get("barred_from_simplification", False),
        )
        for each in table["cases"]
    ]
