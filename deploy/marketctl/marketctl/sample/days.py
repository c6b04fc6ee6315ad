"""Two days of the market through public HTTP: a working day in May, then a day inside June's filing window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
from python_calamine import CalamineError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from marketctl.embedded.heartbeat import quietly
from marketctl.embedded.platform import Platform
from marketctl.sample.callers import Callers, Unexpected
from marketctl.sample.exporting import declare, export_all, pack_all, register_trades
from marketctl.sample.filing import file_everything, suspend_one
from marketctl.sample.money import collect_everything
from marketctl.sample.story import Story
from marketctl.sample.taxing import exempt_everything, refuse_early_return
from marketctl.sample.waiting import leave_one_waiting
from marketctl.verify.flow import wait_until_applied
from shared.clock import Clock
from shared.workshop.processes.problem import ProcessProblem

_WORKING_DAY = datetime.fromisoformat("2026-05-13T09:00:00+08:00")
_FILING_DAY = datetime.fromisoformat("2026-06-08T09:00:00+08:00")


def _nothing(_: str) -> None:
    """Nobody looks."""


def run_sample_days(
    platform: Platform, console: Console, callers: Callers | None = None, look: Callable[[str], None] = _nothing
) -> list[str]:
    """Do both days; what went unexpectedly, in sentences. Every call has a fixed key, so a broken run resumes.

    `look` is called after each step, with its name, once its events are applied everywhere.
    """
    layout = platform.layout
    story = Story(layout, callers or Callers(layout))
    clock = Clock("sandbox", layout.clock_file)
    steps: list[tuple[str, Callable[[Story], None]]] = [
        ("备案 filing", file_everything),
        ("暂停 suspension", suspend_one),
        ("交易登记 trades", register_trades),
        ("组货装箱 packing", pack_all),
        ("报关 declaration", declare),
        ("放行离境 release, departure", export_all),
        ("待海关 waiting for customs", leave_one_waiting),
        ("收汇 collection", collect_everything),
        ("申报期外 outside the window", refuse_early_return),
    ]
    columns = (TextColumn("  {task.description:<30}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    # A bar moves on a terminal only; elsewhere lines say the same.
    waiting_for = quietly if console.is_terminal or console.quiet else platform.waiting_for
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("sample days", total=len(steps) + 1)
            clock.move_to(_WORKING_DAY)
            for n, (name, step) in enumerate(steps, 1):
                progress.update(task, description=name)
                with waiting_for(f"sample days, {n} of {len(steps) + 1}: {name}"):
                    step(story)
                    wait_until_applied(platform.layout.installation)
                look(name)
                progress.advance(task)
            clock.move_to(_FILING_DAY)
            progress.update(task, description="免税申报 exemption")
            with waiting_for(f"sample days, {len(steps) + 1} of {len(steps) + 1}: 免税申报 exemption"):
                exempt_everything(story)
                wait_until_applied(platform.layout.installation)
            progress.advance(task)
    except Unexpected as unexpected:
        return [str(unexpected)]
    except (LookupError, StopIteration, CalamineError, OSError) as error:
        return [f"a workbook can't be read, or names what isn't there: {error!r}"]
    except ProcessProblem as problem:
        return [str(problem)]
    except httpx.HTTPError as error:
        return [f"a service stopped answering ({error!r}): see {layout.logs}"]
    finally:
        story.callers.close()
    return []
