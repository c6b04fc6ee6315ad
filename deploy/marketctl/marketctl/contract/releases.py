"""What each release promised: its commit, its migrations and the schemas they make, the shapes of its events.

Recorded in the tree, because a clone may have neither tags nor history.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass
from typing import Any

from marketctl.contract.generate import schema_of
from marketctl.embedded.scratch import scratch_postgres
from marketctl.layout import ROOT, SERVICES, package_of
from shared.events.catalogue import EVENT_TYPES
from shared.migrations import compared, differences, head_of, schema_in, upgrade

FOLDER = ROOT / "deploy" / "releases"


@dataclass(frozen=True, slots=True)
class Release:
    """One recorded release.

    `migrations` has each file's SHA-256, `schemas` what each service's files make, a line for each thing;
    `events` maps each type to its paths, a required one marked with `!`.
    """

    version: str
    commit: str
    heads: dict[str, str]
    migrations: dict[str, str]
    schemas: dict[str, list[str]]
    events: dict[str, dict[str, str]]


def releases() -> list[Release]:
    """Every recorded release, oldest first."""
    found = [Release(**json.loads(file.read_text("utf-8"))) for file in FOLDER.glob("*.json")]
    return sorted(found, key=lambda release: tuple(map(int, release.version.split("."))))


def record(version: str) -> Release:
    """Write down what the present commit promises; a recorded release is never written again."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    heads = {service: head_of(ROOT / "services" / service) or "" for service in SERVICES}
    with scratch_postgres() as make:
        schemas = {
            service: schema_in(migrated(service, heads[service], make(package_of(service)))) for service in heads
        }
    release = Release(
        version=version,
        commit=commit.stdout.strip(),
        heads=heads,
        migrations=hashed_migrations(),
        schemas=schemas,
        events={name: shape_of(schema_of(event)) for name, event in EVENT_TYPES.items()},
    )
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{version}.json").open("x", encoding="utf-8") as file:
        file.write(json.dumps(asdict(release), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return release


def broken_promises(release: Release) -> list[str]:
    """The promises of a release that the present tree breaks: edited migrations, events unreadable for old readers."""
    today = hashed_migrations()
    broken = [
        f"{name} was released and has changed"
        for name, hashed in release.migrations.items()
        if today.get(name) != hashed
    ]
    for name, shape in release.events.items():
        event = EVENT_TYPES.get(name)
        now = shape_of(schema_of(event)) if event else {}
        broken += [
            f"{name}: {path} was {kind} and is {now.get(path, 'gone')}"
            for path, kind in shape.items()
            if now.get(path, "").removesuffix("!") != kind.removesuffix("!")
        ]
        # Events recorded by the release are read for ever. They lack the fields that were added later.
        broken += [
            f"{name}: {path} is newly required"
            for path, kind in now.items()
            if kind.endswith("!")
            and not shape.get(path, "").endswith("!")
            and (path.count("/") == 1 or path.rsplit("/", 1)[0] in shape)
        ]
    return broken


def migrated(service: str, revision: str, url: str) -> str:
    """The same connection string, after the service's migrations up to this one."""
    upgrade(ROOT / "services" / service, url, revision)
    return url


def broken_schema(release: Release, service: str, url: str) -> list[str]:
    """How what a release's migrations make today, in this database, differs from what they made then.

    A file's hash doesn't tell it: what a migration calls (Alembic, SQLAlchemy, PostgreSQL) may change under it.
    """
    return [
        f"{service} at {release.heads[service]}: {each}" for each in compared(release.schemas[service], schema_in(url))
    ]


def unlike_the_code() -> list[str]:
    """The differences of the schemas made from empty and from each release to the recorded ones and to the code."""
    kept = releases()
    found = [f"{release.version}: {each}" for release in kept for each in broken_promises(release)]
    with scratch_postgres() as make:
        for service in SERVICES:
            folder = ROOT / "services" / service
            starts = {"empty": make(service)}
            for release in kept:
                url = migrated(service, release.heads[service], make(f"{service}_{release.version}"))
                found += [f"{release.version}: {each}" for each in broken_schema(release, service, url)]
                starts[release.version] = url
            for start, url in starts.items():
                upgrade(folder, url)
                found += [f"{service} from {start}: {each}" for each in differences(folder, url)]
    return found


def hashed_migrations() -> dict[str, str]:
    """Each migration file with its SHA-256."""
    files = (
        file for service in SERVICES for file in (ROOT / "services" / service / "migrations/versions").glob("*.py")
    )
    return {str(file.relative_to(ROOT)): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


def shape_of(schema: dict[str, Any]) -> dict[str, str]:
    """Each path of an event's content with its type, a required one marked with `!`, and each choice it may hold."""
    shape: dict[str, str] = {}
    _walk(schema, schema.get("$defs", {}), "", shape)
    return shape


def _walk(node: dict[str, Any], known: dict[str, Any], path: str, shape: dict[str, str]) -> None:
    required = set(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        here = f"{path}/{name}"
        shape[here] = _kind(child, known) + ("!" if name in required else "")
        # A removed choice makes recorded events unreadable, like a field of another type.
        shape |= {f"{here}={choice}": "choice" for choice in _choices(child, known)}
        for each in _objects(child, known):
            _walk(each, known, here, shape)


def _branches(node: dict[str, Any], known: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _branches(known[node["$ref"].rsplit("/", 1)[1]], known)
    return [
        each
        for branch in node.get("anyOf", [node])
        for each in ([branch] if branch is node else _branches(branch, known))
    ]


def _objects(node: dict[str, Any], known: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [branch.get("items", branch) for branch in _branches(node, known)]
    return [each for branch in inner for each in _branches(branch, known) if "properties" in each]


def _choices(node: dict[str, Any], known: dict[str, Any]) -> list[str]:
    inner = [branch.get("items", branch) for branch in _branches(node, known)]
    held = [each for branch in inner for each in _branches(branch, known)]
    return [str(choice) for each in held for choice in each.get("enum", [each["const"]] if "const" in each else [])]


def _kind(node: dict[str, Any], known: dict[str, Any]) -> str:
    kinds = []
    for branch in _branches(node, known):
        kind = branch.get("format") or branch.get("type") or ("string" if "const" in branch else "any")
        kinds.append(f"{kind}<{_kind(branch['items'], known)}>" if "items" in branch else str(kind))
    return "|".join(sorted(set(kinds)))
