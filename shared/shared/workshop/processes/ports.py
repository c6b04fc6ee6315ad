"""Free ports, and who holds a busy one."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

# Below the ports that the system gives to outgoing connections, which would take one before its owner listens.
_FREE = range(15000, 32000)


def free_port() -> int:
    """A loopback TCP port that nobody uses, that no outgoing connection takes, and that no other call is given.

    The promise holds among all processes that ask here, until the asking one ends: its server may stop and start again.
    """
    while True:
        port = secrets.choice(_FREE)
        mark = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                mark.bind(("127.0.0.1", port))
                probe.bind(("127.0.0.1", port))
            except OSError:
                mark.close()
                continue
        # The UDP port of the same number marks the choice until the process ends, however it ends.
        mark.detach()
        return port


def port_owner(port: int) -> str | None:
    """A sentence naming who listens on a loopback port, or None when it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return f"port {port} is taken by {_holder(port)}"
    return None


def _holder(port: int) -> str:
    inodes = {
        fields[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for fields in (line.split() for line in Path(table).read_text().splitlines()[1:])
        if int(fields[1].rsplit(":", 1)[1], 16) == port
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = {os.readlink(link) for link in (process / "fd").iterdir()}
            if links & {f"socket:[{inode}]" for inode in inodes}:
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue
    return "another process"
