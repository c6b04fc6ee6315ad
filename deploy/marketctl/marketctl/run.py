"""`make run`: install everything up, do the sample days, verify, then serve; with ONCE also count and end."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from marketctl.embedded.children import Revivals, end_when_told, ending
from marketctl.embedded.heartbeat import Heartbeat, Waiting
from marketctl.embedded.layout import Layout, default_ports, free_ports, kept_layout, mistaken_names, run_folder
from marketctl.embedded.platform import Platform
from marketctl.layout import ROOT, BusKind
from marketctl.sample.counts import Day, counted, lacking, parties, refusals, token_that_sees
from marketctl.sample.days import run_sample_days
from marketctl.sample.world import SEED
from marketctl.verify.findings import unfinished, verify_settled
from shared.workshop.processes.problem import ProcessProblem, interrupts_kept, sentence_of

_DONE = "sample-days.done"
_ENDING_SECONDS = 30
_LONGEST_SECONDS = 86_400
_STARTED = time.time()


class Served(ProcessProblem):
    """Another process serves the folder."""


@contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, and say whether the run before was killed; a second run is told who has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            kept = kept_layout(folder)
            page = f" {kept.url('start-page')}/" if kept else ""
            raise Served(
                f"{folder.name} is already served by process {lock.read().strip() or '?'}: open its start page{page}, "
                "or stop it with Ctrl-C there"
            ) from error
        lock.seek(0)
        was_killed = lock.read() != ""
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield was_killed
        finally:
            lock.truncate(0)


def _check_bus(folder: Path, bus: BusKind) -> None:
    """A data folder belongs to one bus (ARCHITECTURE.md#how-an-event-travels)."""
    kept = folder / "bus"
    if kept.exists() and kept.read_text() != bus:
        raise ProcessProblem(
            f"the data in {folder.name} belongs to the {kept.read_text()} bus: run `make reset` first, "
            f"or `make run BUS={kept.read_text()}`"
        )
    kept.write_text(bus)


def _banner(console: Console, bus: BusKind) -> None:
    kind = "embedded: no Docker, no Kafka" if bus == "embedded" else "Apache Kafka"
    console.print(
        f"市场采购贸易(1039)综合管理  ·  market trade 1039   v{version('market-marketctl')}   [{kind}]",
        markup=False,
        soft_wrap=True,
    )


def run(*, bus: BusKind, once: bool) -> int:
    """Run; the status is not 0 when anything fell short or was unexpected."""
    console = Console(stderr=once, highlight=False)
    # A supervisor takes its children with it, at whatever step it is told to end.
    end_when_told(at_once=True)
    # An interrupted migration's connection can't be closed in order: its pool would write a traceback of that.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    try:
        with interrupts_kept():
            return _run_once(console, bus) if once else _run_and_serve(console, bus)
    except Served as other:
        # What is asked for is there already; a day of its own is not.
        console.print(f"  {'✘' if once else '✔'} {other}", markup=False, soft_wrap=True)
        return 3 if once else 0
    except ProcessProblem as problem:
        console.print(f"  ✘ {problem}", markup=False, soft_wrap=True)
        return 3
    except OSError as error:
        console.print(f"  ✘ {sentence_of(error)}", markup=False, soft_wrap=True)
        return 3
    except KeyboardInterrupt:
        console.print("  stopped; data kept")
        return 130


def _run_once(console: Console, bus: BusKind) -> int:
    """On a folder and ports of its own, so that it neither needs nor harms a running one."""
    folder = ROOT / f".run-once-{bus}"
    with _only_one(folder):
        for each in folder.iterdir():
            if each.name != "run.lock":
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        platform = Platform(Layout(folder, bus, free_ports()), _heartbeat(console))
        with _started(platform, console):
            day = _live(platform, console)
    print(json.dumps(day.last_line()), flush=True)
    return day.status


def waited() -> float:
    """The seconds since the person began to wait: since `make` began, which may have installed something first."""
    now = time.time()
    began = os.environ.get("RUN_BEGAN", "")
    waited = now - int(began) if began.isascii() and began.isdigit() else -1.0
    return waited if 0 <= waited < _LONGEST_SECONDS else now - _STARTED


def _run_and_serve(console: Console, bus: BusKind) -> int:
    for sentence in mistaken_names():
        console.print(f"  ! {sentence}", markup=False, soft_wrap=True)
    layout = Layout(run_folder(), bus, default_ports())
    with _only_one(layout.folder) as was_killed:
        _check_bus(layout.folder, bus)
        # What a killed run started ends by itself, which takes it a moment.
        platform = Platform(layout, _heartbeat(console))
        with _started(platform, console, patience=_ENDING_SECONDS if was_killed else 0):
            _serve(platform, console)
        console.print("  ✔ stopped in order; data kept (make reset wipes it)")
    return 0


def _heartbeat(console: Console) -> Waiting:
    return Heartbeat(lambda line: console.print(f"  … {line}", markup=False, soft_wrap=True)).waiting_for


@contextmanager
def _started(platform: Platform, console: Console, *, patience: float = 0) -> Iterator[None]:
    """The platform runs inside."""
    _banner(console, platform.layout.bus)
    platform.start(lambda line: console.print(f"  ✔ {line}", markup=False, soft_wrap=True), patience=patience)
    try:
        yield
    finally:
        platform.stop()


def _live(platform: Platform, console: Console) -> Day:
    """Do the sample days where they aren't done, verify, count; what is wrong is printed."""
    done = platform.layout.folder / _DONE
    unexpected: list[str] = []
    continues = done.exists()
    if continues:
        console.print("  ✔ sample days           already done; continuing with the same data")
    else:
        unexpected = run_sample_days(platform, console)
        if not unexpected:
            done.touch()
    market = platform.layout.installation
    with platform.waiting_for("what must hold over the databases to be verified"):
        findings = [str(finding) for finding in verify_settled(market)]
        findings += filter(None, [unfinished(market)])
        unexpected += [] if continues else lacking(market)
        day = Day(counted(market), refusals(market), unexpected, findings)
    # Once people have worked here, what they were refused or have not yet exempted is no fault of the sample days.
    for problem in findings if continues else day.problems():
        console.print(f"  ✘ {problem}", markup=False, soft_wrap=True)
    return day


def _serve(platform: Platform, console: Console) -> None:
    day = _live(platform, console)
    people = parties(platform.layout.installation)
    console.print(
        f"  ✔ sample data           1 market · {people['stall_holder']} stall holders · {people['buyer']} buyers · "
        f"{people['operator']} operators · {day.numbers['trades']} trades   (seed {SEED})",
        markup=False,
        soft_wrap=True,
    )
    console.print(f"  ✔ numbers               {json.dumps(day.numbers)}", markup=False, soft_wrap=True)
    console.print(f"  {'✘' if day.findings else '✔'} verify                {'failed' if day.findings else 'ok'}")
    console.print(
        f"Ready in {waited():.1f} s.  Start page: {platform.layout.url('start-page')}/   "
        f"Tokens: make token {token_that_sees(platform.layout.installation)}   Try: .venv/bin/marketctl events tail   "
        "Stop: Ctrl-C (data kept; make reset wipes it)",
        markup=False,
        soft_wrap=True,
    )
    end_when_told(at_once=False)
    revivals = Revivals()
    while not ending.wait(1):
        for name, cause in platform.ended_by_themselves().items():
            _revive(platform, console, revivals, name, cause)


def _revive(platform: Platform, console: Console, revivals: Revivals, name: str, cause: str) -> None:
    """Start a process again that died; give up where it dies again and again."""
    pause = revivals.pause_before(name, time.monotonic())
    if pause is None:
        raise ProcessProblem(f"{name} {cause}: it ends again and again")
    console.print(f"  ! {name} {cause}: starting it again in {pause:.0f} s", markup=False, soft_wrap=True)
    if not ending.wait(pause):
        platform.revive(name)


def reset() -> int:
    """Wipe the data of `make run`; refused while it runs."""
    console = Console(highlight=False)
    folder = run_folder()
    try:
        if kept_layout(folder) is None and {each.name for each in folder.glob("*")} - {"run.lock"}:
            raise ProcessProblem(f"{folder} holds no data of `make run`: nothing was wiped")
        with _only_one(folder):
            shutil.rmtree(folder)
    except ProcessProblem as problem:
        console.print(f"  ✘ {problem}", markup=False, soft_wrap=True)
        return 3
    except OSError as error:
        console.print(f"  ✘ {sentence_of(error)}", markup=False, soft_wrap=True)
        return 3
    console.print(f"  ✔ {folder.name} wiped")
    return 0
