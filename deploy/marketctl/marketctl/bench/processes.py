"""What processes have used, as Linux counts it: CPU of a process and of its sessions in PostgreSQL, and memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    user, system = _stat(pid)[11:13]
    return (int(user) + int(system)) / _TICKS


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in use."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sessions_cpu_seconds(postmaster: int, role: str) -> float:
    """User and system time of the sessions that a role has open."""
    return sum(_used(pid) for pid, title in _children(postmaster) if title.startswith(f"postgres: {role} "))


def server_cpu_seconds(postmaster: int) -> float:
    """User and system time of a PostgreSQL server: its processes, and those that have ended."""
    ended = sum(map(int, _stat(postmaster)[13:15])) / _TICKS
    return cpu_seconds(postmaster) + ended + sum(_used(pid) for pid, _ in _children(postmaster))


def _stat(pid: int) -> list[str]:
    """What stands in a process' stat file after its name: state and parent first."""
    return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()


def _used(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except OSError:  # It has ended meanwhile: the postmaster counts it.
        return 0.0


def _children(parent: int) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(_stat(int(folder.name))[1]) == parent:
                title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                yield int(folder.name), title
        except OSError:
            continue
