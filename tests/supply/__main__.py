"""`make sbom` and `make audit`: what of others the services run, under which licences, and what is known against it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from findings import CANARIES, SERVICES, Verdict, judged, licences

_HERE = Path(sys.executable).parent
_ROOT = Path(__file__).parents[2]
_MADE = _ROOT / ".cache" / "sbom"


def sbom() -> int:
    """Write the bill and the licences of exactly what `requirements/run.lock` installs; 1 if a licence is missing."""
    _MADE.mkdir(parents=True, exist_ok=True)
    bill, listed, alone = _MADE / "sbom.cdx.json", _MADE / "licences.txt", _MADE / "venv"
    uv = [sys.executable, "-m", "uv"]
    # An environment of nothing else: the one of the checkout also holds what checks and tests need.
    _run(*uv, "venv", "-q", "--clear", str(alone))
    lock = str(_ROOT / "requirements" / "run.lock")
    _run(*uv, "pip", "install", "-q", "--python", str(alone), "--require-hashes", "-r", lock)
    _run(
        str(_HERE / "cyclonedx-py"), "environment", str(alone), "--output-reproducible", "--of", "JSON", "-o", str(bill)
    )
    lines, unlicensed = licences(json.loads(bill.read_text("utf-8")))
    listed.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines)} packages: {bill.relative_to(_ROOT)}, {listed.relative_to(_ROOT)}")
    if unlicensed:
        print(f"no licence is declared by: {', '.join(unlicensed)}")
    return 1 if unlicensed else 0


def audit() -> int:
    """Ask for known flaws of all that is locked: 0 none, 1 some, 3 not run."""
    canaries = _MADE.with_name("audit") / "canaries.txt"
    canaries.parent.mkdir(parents=True, exist_ok=True)
    canaries.write_text("".join(f"{each}\n" for each in CANARIES), "utf-8")
    verdict = Verdict(3, ["no advisory service was asked"])
    for service in SERVICES:
        verdict = judged(service, _asked(service, canaries), None)
        if verdict.status == 0:
            verdict = judged(service, _asked(service, canaries), _asked(service, _ROOT / "requirements.lock"))
            break
    print("\n".join(verdict.lines))
    return verdict.status


def _asked(service: str, requirements: Path) -> str:
    """What pip-audit says of a list, as JSON; nothing where it didn't get that far."""
    told = [
        str(_HERE / "pip-audit"),
        "-s",
        service,
        "--disable-pip",
        "--no-deps",
        "-f",
        "json",
        "--progress-spinner",
        "off",
    ]
    return subprocess.run([*told, "-r", str(requirements)], capture_output=True, text=True, check=False).stdout


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit({"sbom": sbom, "audit": audit}[sys.argv[1]]())
