"""`make run`: install everything up, do the sample days, verify, then serve; with ONCE also count and end."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

from rich.console import Console

from marketctl.counts import counted, refusals, shortfalls
from marketctl.embedded_platform import Platform
from marketctl.layout import ROOT, BusKind, Layout, default_ports, free_ports
from marketctl.sample.days import run_sample_days
from marketctl.verify import verify_all
from shared.processes.problem import ProcessProblem

_DONE = "sample-days.done"


@contextmanager
def _only_one(folder: Path) -> Iterator[IO[str]]:
    """Hold the folder's lock; a second run is told who has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise ProcessProblem(
                f"this folder is already served by process {lock.read().strip() or '?'}: open its start page, "
                "or stop it with Ctrl-C there"
            ) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


def _check_bus(folder: Path, bus: BusKind) -> None:
    """A data folder belongs to one bus (architecture.md §2.3)."""
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
    )


def run(*, bus: BusKind, once: bool) -> int:
    """Run; the status is not 0 when anything fell short or was unexpected."""
    console = Console(stderr=once, highlight=False)
    # A supervisor that is told to end takes its children with it, whatever step it is at.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        if once:
            return _run_once(console, bus)
        return _run_and_serve(console, bus)
    except ProcessProblem as problem:
        console.print(f"  ✘ {problem}", markup=False)
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
        _banner(console, bus)
        platform = Platform(Layout(folder, bus, free_ports()))
        platform.start(lambda line: console.print(f"  ✔ {line}", markup=False))
        try:
            unexpected = run_sample_days(platform, console)
            findings = verify_all(platform.layout)
            numbers = counted(platform.layout)
            refused = refusals(platform.layout)
        finally:
            platform.stop()
    problems = [*unexpected, *(str(finding) for finding in findings), *shortfalls(numbers, refused)]
    for problem in problems:
        console.print(f"  ✘ {problem}", markup=False)
    print(json.dumps({**numbers, "verify": "failed" if findings else "ok"}), flush=True)
    return 1 if problems else 0


def _run_and_serve(console: Console, bus: BusKind) -> int:
    layout = Layout(ROOT / os.environ.get("RUN_FOLDER", ".run"), bus, default_ports())
    with _only_one(layout.folder):
        _check_bus(layout.folder, bus)
        _banner(console, bus)
        platform = Platform(layout)
        platform.start(lambda line: console.print(f"  ✔ {line}", markup=False))
        try:
            return _serve(platform, console)
        finally:
            platform.stop()
            console.print("  ✔ stopped in order; data kept (make reset wipes it)")


def _serve(platform: Platform, console: Console) -> int:
    layout = platform.layout
    done = layout.folder / _DONE
    problems: list[str] = []
    if done.exists():
        console.print("  ✔ sample days           already done; continuing with the same data")
    else:
        problems = run_sample_days(platform, console)
        if not problems:
            done.touch()
    problems += [str(finding) for finding in verify_all(layout)]
    for problem in problems:
        console.print(f"  ✘ {problem}", markup=False)
    numbers = json.dumps(counted(layout))
    console.print(f"  ✔ numbers               {numbers}", markup=False)
    console.print(f"  {'✘' if problems else '✔'} verify                {'failed' if problems else 'ok'}")
    console.print(
        f"Ready. Start page: {layout.url('start-page')}/   Token: make token ROLE=operator   "
        "Stop: Ctrl-C (data kept; make reset wipes it)",
        markup=False,
    )
    stopping = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopping.set())
    while not stopping.wait(1):
        for child in platform.children.values():
            if child.process.poll() is not None:
                raise ProcessProblem(f"{child.name} stopped by itself: {child.last_line()} (see {child.log_file})")
    return 0


def reset() -> int:
    """Wipe the data of `make run`; refused while it runs."""
    console = Console(highlight=False)
    folder = ROOT / os.environ.get("RUN_FOLDER", ".run")
    try:
        with _only_one(folder):
            shutil.rmtree(folder)
    except ProcessProblem as problem:
        console.print(f"  ✘ {problem}", markup=False)
        return 3
    console.print(f"  ✔ {folder.name} wiped")
    return 0
