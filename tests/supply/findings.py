"""What is read out of a bill of materials and out of the answers of an advisory service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CANARIES = ("jinja2==2.10", "pyyaml==5.1", "requests==2.19.1")
"""Releases with published flaws. A service that knows nothing against one of them would say nothing of ours either."""
SERVICES = ("pypi", "osv")
_NOT_RUN = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit says and ends with: 0 nothing is known, 1 something is, 3 it was not run."""

    status: int
    lines: list[str]


def judged(service: str, canaries: str, locked: str | None) -> Verdict:
    """Weigh an advisory service's answers (pip-audit's JSON); `locked` is None where only canaries were asked for."""
    caught = {f"{name}=={version}" for name, version, flaws in _packages(canaries) if flaws}
    if missed := [each for each in CANARIES if each not in caught]:
        why = f"the advisory service {service} knows nothing against {', '.join(missed)}"
        return Verdict(_NOT_RUN, [f"audit NOT RUN: {why} (no network to it, or its answers are empty)"])
    if locked is None:
        return Verdict(0, [])
    packages = _packages(locked)
    if unknown := [name for name, version, _ in packages if not version] or ([] if packages else ["all packages"]):
        return Verdict(_NOT_RUN, [f"audit NOT RUN: {service} couldn't look at {', '.join(unknown)}"])
    flawed = [f"{name} {version}: {', '.join(flaws)}" for name, version, flaws in packages if flaws]
    caught_said = f"{len(caught)} of {len(CANARIES)} canaries caught"
    return Verdict(1 if flawed else 0, [*flawed, f"{len(packages)} packages, {len(flawed)} flawed ({caught_said})"])


def licences(bill: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Each package with its version and licences, and those that declare none."""
    lines, without = [], []
    for each in sorted(bill["components"], key=lambda each: str(each["name"]).lower()):
        told = [_licence(one) for one in each.get("licenses", [])]
        named = sorted({one for one in told if one})
        lines.append(f"{each['name']} {each['version']}: {'; '.join(named) or 'none declared'}")
        if not named:
            without.append(str(each["name"]))
    return lines, without


def _licence(told: dict[str, Any]) -> str:
    licence = told.get("license", {})
    return str(told.get("expression") or licence.get("id") or licence.get("name") or "")


def _packages(answer: str) -> list[tuple[str, str, list[str]]]:
    """Name, version and ids of flaws of each package; a package that couldn't be looked at has no version."""
    try:
        told = json.loads(answer)["dependencies"]
        return [(each["name"], each.get("version", ""), [one["id"] for one in each.get("vulns", [])]) for each in told]
    except (ValueError, KeyError, TypeError):
        return []
