"""Chooses the installation for a command: the one that settings describe, else the folder of `make run`."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path

from marketctl.deployment import PREFIX, deployed, is_described
from marketctl.embedded.layout import Layout, kept_layout, run_folder
from marketctl.installation import Installation
from shared.vocabulary.errors import SetupProblem
from shared.workshop.processes.problem import ProcessProblem

installation_file: ContextVar[Path | None] = ContextVar("installation_file", default=None)


def chosen() -> Installation:
    """The installation that was meant; a deployment wins over the folder as soon as one of its settings is there."""
    if is_deployed():
        return deployed(os.environ, installation_file.get())
    return running_layout().installation


def is_deployed() -> bool:
    """Whether the commands are about an installation that settings describe."""
    return installation_file.get() is not None or is_described(os.environ)


def refuse_deployed(what: str) -> None:
    """SetupProblem where `what`, which only the folder of `make run` has, is asked of a deployment."""
    if is_deployed():
        raise SetupProblem(f"{what} belongs to the folder of `make run` alone: leave out --installation and {PREFIX}…")


def running_layout() -> Layout:
    """The layout of `make run`'s folder, on the bus that it belongs to and the ports that it was started with."""
    kept = kept_layout(run_folder())
    if kept is None:
        raise ProcessProblem("nothing has run here yet: start it with `make run`")
    return kept
