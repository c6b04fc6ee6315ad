"""The audit says "not run" where its canaries aren't caught, and the bill's licences are read."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

_FINDINGS = runpy.run_path(str(Path(__file__).with_name("findings.py")))
CANARIES, judged, licences = (_FINDINGS[name] for name in ("CANARIES", "judged", "licences"))


def answer(*packages: tuple[str, list[str] | None]) -> str:
    """What pip-audit says of packages with their flaws; None: it couldn't look at one."""
    told = []
    for package, flaws in packages:
        name, _, version = package.partition("==")
        skipped = {"name": name, "skip_reason": "not found"}
        told.append(
            skipped if flaws is None else {"name": name, "version": version, "vulns": [{"id": each} for each in flaws]}
        )
    return json.dumps({"dependencies": told, "fixes": []})


CAUGHT = answer(*((each, ["CVE-1"]) for each in CANARIES))
SOUND = answer(("a==1", []), ("b==2", []))
MISSED = {
    "nothing came": "",
    "no JSON came": "<html>",
    "the service doesn't know the package": answer(*((each, None) for each in CANARIES)),
    "the service knows no flaws": answer(*((each, []) for each in CANARIES)),
    "one is missed": answer((CANARIES[0], []), *((each, ["CVE-1"]) for each in CANARIES[1:])),
}


@pytest.mark.parametrize("canaries", MISSED.values(), ids=MISSED.keys())
def test_an_audit_whose_canaries_are_not_caught_was_not_run(canaries: str) -> None:
    for locked in (None, SOUND):
        verdict = judged("osv", canaries, locked)
        assert verdict.status == 3
        assert verdict.lines[0].startswith("audit NOT RUN")


def test_an_audit_whose_canaries_are_caught_names_what_is_known() -> None:
    assert judged("osv", CAUGHT, None).status == 0
    assert (judged("osv", CAUGHT, SOUND).status, judged("osv", CAUGHT, SOUND).lines) == (
        0,
        ["2 packages, 0 flawed (3 of 3 canaries caught)"],
    )
    flawed = judged("osv", CAUGHT, answer(("a==1", ["CVE-2", "CVE-3"]), ("b==2", [])))
    assert (flawed.status, flawed.lines[0]) == (1, "a 1: CVE-2, CVE-3")
    for locked in ("", answer(("a==1", []), ("b==2", None))):
        assert judged("osv", CAUGHT, locked).status == 3


def test_a_package_without_a_licence_is_named() -> None:
    told = [
        {"name": "b", "version": "2", "licenses": [{"license": {"name": "Own"}}, {"license": {"id": "MIT"}}]},
        {"name": "A", "version": "1", "licenses": [{"expression": "MIT OR Apache-2.0"}]},
        {"name": "c", "version": "3"},
        {"name": "d", "version": "4", "licenses": [{"license": {}}]},
    ]
    lines = ["A 1: MIT OR Apache-2.0", "b 2: MIT; Own", "c 3: none declared", "d 4: none declared"]
    assert licences({"components": told}) == (lines, ["c", "d"])
