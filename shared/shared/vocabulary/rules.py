"""A rule, its citation, and a breach of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule (R-…) or invariant (V…) with its source and the version of its wording."""

    id: str
    title: str
    title_zh: str
    text: str
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Breach:
    """One reason why not: a stable code, the rule behind it, the field, the words and numbers of its texts."""

    code: str
    rule: str
    pointer: str = ""
    params: Mapping[str, str | Decimal] = field(default_factory=dict)


@lru_cache
def rules() -> dict[str, RuleText]:
    """All rules by id."""
    entries = tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8"))
    return {rule_id: RuleText(id=rule_id, **entry) for rule_id, entry in entries.items()}


def citation(rule_id: str) -> RuleText:
    """The rule behind an id; KeyError for one that isn't in the reference."""
    return rules()[rule_id]
