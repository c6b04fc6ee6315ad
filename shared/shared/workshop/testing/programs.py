"""Runs a program of the documentation that never ends by itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


async def lines_of(program: str, folder: Path, *, until: Callable[[Sequence[str]], bool]) -> list[str]:
    """What a Python program prints, line by line, until that is enough; then it is ended. At most for a minute."""
    file = folder / "reader.py"
    file.write_text(program, "utf-8")
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-u", str(file), stdout=asyncio.subprocess.PIPE, cwd=folder
    )
    assert reader.stdout is not None
    found: list[str] = []
    try:
        async with asyncio.timeout(60):
            while not until(found):
                line = await reader.stdout.readline()
                assert line, f"{file} ended by itself after {found}"
                found.append(line.decode().rstrip("\n"))
    finally:
        if reader.returncode is None:
            reader.kill()
        await reader.wait()
    return found
