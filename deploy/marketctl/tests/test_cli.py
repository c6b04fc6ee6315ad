"""The list of commands names what there is, and is shown without loading any of it."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest
import typer

from marketctl import operate
from marketctl.cli import COMMANDS, loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_the_commands_own(name: str) -> None:
    own = loaded(name)
    assert own.name == name
    assert COMMANDS[name] == " ".join((own.help or "").partition("\n\n")[0].split())


def test_every_command_of_the_folder_is_in_the_list() -> None:
    """A group in a module of another name, or one that nobody listed, couldn't be called."""
    modules = [each.name for each in pkgutil.iter_modules(operate.__path__)]
    groups = {
        name: key
        for name in modules
        for key, value in vars(import_module(f"marketctl.operate.{name}")).items()
        if isinstance(value, typer.Typer)
    }
    assert groups
    assert all(name == key and name in COMMANDS for name, key in groups.items()), groups
    assert set(COMMANDS) <= set(modules)


def test_help_loads_no_command() -> None:
    told = (
        "import sys\nfrom marketctl.cli import app\ntry:\n    app(['--help'])\nexcept SystemExit as end:\n"
        "    assert not end.code\n"
        "loaded = {'sqlalchemy', 'psycopg', 'asyncpg', 'aiokafka', 'httpx'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in (*COMMANDS, "run", "reset"))
