"""What a test counts of the statements is what its own requests send, not what the application does by itself."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text


async def test_only_statements_of_what_is_asked_within_are_counted(desk: Any) -> None:
    engine = desk.door.app.state.runtime.engine
    begin, ended = asyncio.Event(), asyncio.Event()

    async def ask(words: str) -> None:
        async with engine.connect() as connection:
            await connection.execute(text(f"SELECT '{words}'"))

    async def by_itself() -> None:
        await begin.wait()
        await ask("of the application")
        ended.set()

    background = asyncio.create_task(by_itself())
    with desk.door.statements() as sent:
        begin.set()
        with desk.door.statements() as inner:
            await asyncio.gather(ask("one"), ask("two"))
        await ended.wait()
    await background
    assert {"SELECT 'one'", "SELECT 'two'"} == set(sent) == set(inner)
