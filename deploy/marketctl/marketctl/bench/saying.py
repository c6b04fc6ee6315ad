"""Makes services say what they said on the sample days again, as other parties' business, for relays and consumers."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from marketctl.bench.enlarge import Copier, copying
from marketctl.bench.market import Market
from shared.messaging.outbox import wake_channel


def say_again(market: Market, service: str, copies: int) -> int:
    """Write a service's events of the days `copies` times into its outbox; how many events that are."""
    first = market.next_copies(copies)
    with copying(market.admin(service)) as connection:
        copier = Copier(connection, "outbox", goes_on=True)
        said = copier.write("generate_series(%s::int, %s::int) n", first, first + copies - 1, where="ORDER BY n, r.id")
        connection.execute(f"NOTIFY {wake_channel(service)}")
    return said


@contextmanager
def saying(market: Market, services: Sequence[str], events_a_second: float) -> Iterator[None]:
    """While the block runs, the services say things about strangers in turn, as many a second together."""
    over = threading.Event()
    failures: list[Exception] = []

    def say() -> None:
        try:
            _say(market, services, 1 / events_a_second, over)
        except Exception as failure:  # noqa: BLE001 - raised again where the block ends
            failures.append(failure)

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failures:
        raise failures[0]


def _say(market: Market, services: Sequence[str], pause: float, over: threading.Event) -> None:
    with ExitStack() as stack:
        speakers = [_events(market, service, stack) for service in services]
        due = time.monotonic()
        for speaker in itertools.cycle(speakers):
            due += pause
            if over.wait(max(0.0, due - time.monotonic())):
                return
            next(speaker)


def _events(market: Market, service: str, stack: ExitStack) -> Iterator[None]:
    """Says one event each time that it is asked, the whole days' events as one stranger after the other."""
    connection = stack.enter_context(copying(market.admin(service)))
    copier = Copier(connection, "outbox", goes_on=True)
    ids = [row[0] for row in connection.execute("SELECT id FROM days.outbox ORDER BY id").fetchall()]
    while True:
        copy = market.next_copies(1)
        for said in ids:
            copier.write("(SELECT %s::int AS n) one", copy, said, where="WHERE r.id = %s")
            connection.execute(f"NOTIFY {wake_channel(service)}")
            yield
