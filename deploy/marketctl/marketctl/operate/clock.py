"""`marketctl clock`: the business clock of the embedded run."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer

from marketctl.operate.chosen import refuse_deployed, running_layout
from marketctl.operate.terminal import Json, show
from shared.clock import Clock
from shared.vocabulary.errors import SetupProblem

clock = typer.Typer(no_args_is_help=True, help="The business clock of a sandbox.")
_MOST_DAYS = 3650
_YEARS = range(2000, 2100)


def _kept_clock() -> Clock:
    refuse_deployed("the business clock")
    return Clock("sandbox", running_layout().clock_file)


def _show_clock(shown: Clock, as_json: bool) -> None:
    content = {"now": shown.now().isoformat(), "offset_seconds": shown.offset().total_seconds()}
    show(content, as_json, str(content["now"]))


@clock.command("show")
def clock_show(as_json: Json = False) -> None:
    """The business time."""
    _show_clock(_kept_clock(), as_json)


@clock.command("set")
def clock_set(
    instant: str,
    yes: Annotated[bool, typer.Option("--yes", help="also back, over data that is there")] = False,
    as_json: Json = False,
) -> None:
    """Move the business clock: marketctl clock set 2026-06-08T09:00:00+08:00. Back it goes only when confirmed."""
    try:
        wanted = datetime.fromisoformat(instant)
    except ValueError:
        wanted = None
    if wanted is None or wanted.tzinfo is None or wanted.year not in _YEARS:
        raise SetupProblem("give an instant of this century with its offset, such as 2026-06-08T09:00:00+08:00")
    kept = _kept_clock()
    if wanted < kept.now() and not yes:
        _confirm_going_back(kept.now(), wanted)
    kept.move_to(wanted)
    _show_clock(kept, as_json)


def _confirm_going_back(now: datetime, wanted: datetime) -> None:
    what = f"The clock would go back from {now:%Y-%m-%d %H:%M} to {wanted:%Y-%m-%d %H:%M}. What is recorded stays"
    if not sys.stdin.isatty():
        raise SetupProblem(f"{what}: confirm with --yes")
    typer.confirm(f"{what}. Go back?", abort=True)


@clock.command("advance")
def clock_advance(
    days: Annotated[int, typer.Option(help="whole days", min=0, max=_MOST_DAYS)] = 0,
    hours: Annotated[int, typer.Option(help="whole hours", min=0, max=_MOST_DAYS)] = 0,
    as_json: Json = False,
) -> None:
    """Move the business clock forward: marketctl clock advance --days 3."""
    kept = _kept_clock()
    kept.move_to(kept.now() + timedelta(days=days, hours=hours))
    _show_clock(kept, as_json)
