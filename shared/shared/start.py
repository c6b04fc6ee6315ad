"""The one command of a service, `market-registry http|worker|migrate`: which of its processes it becomes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.logging import configure_logging
from shared.settings import MigrationSettings, ServiceSettings, read_settings
from shared.vocabulary.errors import SetupProblem

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Processes:
    """What the processes of a service are made of; `package` is the folder that it is imported from."""

    service: str
    package: Path
    settings: type[ServiceSettings]
    application: str
    work: Callable[[], int]


def start(processes: Processes) -> int:
    """Become the process that the command line names; its exit status. A word that names none is 2."""
    verbs: Mapping[str, Callable[[Processes], int]] = {"http": _serve, "worker": _work, "migrate": _migrate}
    match sys.argv[1:]:
        case [word] if word in verbs:
            return verbs[word](processes)
        case words:
            said = f"{' '.join(words)} names no process. " if words else ""
            sys.stderr.write(f"{said}usage: market-{processes.service} {'|'.join(verbs)} (docs/operations.md)\n")
            return 2


def _serve(processes: Processes) -> int:
    # Each process loads its own part only.
    from shared.http.server import serve_http

    return serve_http(processes.application, processes.settings)


def _work(processes: Processes) -> int:
    return processes.work()


def _migrate(processes: Processes) -> int:
    """Bring the service's database to the newest schema; 2 where it can't be, 3 where the database doesn't answer."""
    settings = read_settings(MigrationSettings)
    try:
        from sqlalchemy.exc import OperationalError

        from shared.migrations import head_of, upgrade
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"{missing.name} is missing: install market-{processes.service}[migrations]\n")
        return 2
    # Afterwards: what is imported there tells of each of its parts.
    configure_logging(f"{processes.service}-migrate", settings.log_level)
    home = home_of(processes.service, processes.package)
    try:
        upgrade(home, settings.database_url.get_secret_value())
    except SetupProblem as problem:
        log.error("stopped", reason=str(problem))
        return 2
    except OperationalError as error:
        log.error("the database doesn't answer", reason=str(error.orig).strip())
        return 3
    log.info("migrated", revision=head_of(home))
    return 0


def home_of(service: str, package: Path) -> Path:
    """The folder that holds a service's migrations: the one above its package in a checkout, else where wheels go."""
    beside = package.parent
    return beside if (beside / "migrations").is_dir() else Path(sys.prefix) / "share" / "market" / service
