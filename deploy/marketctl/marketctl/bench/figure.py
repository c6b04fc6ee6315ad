"""The rows of the table of `make bench`, and a figure: one row with its value in each round."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from marketctl.layout import SERVICES

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Row:
    """What the table promises to say: what is measured, what it should reach (if anything), which way is better."""

    name: str
    goal: float | None = None
    better: Better = "higher"

    @property
    def aim(self) -> str:
        """The goal in signs."""
        return "" if self.goal is None else f"{'≥' if self.better == 'higher' else '≤'} {self.goal:g}"

    def reached(self, value: float) -> bool | None:
        """Whether a value is as good as the goal; None where there is none."""
        if self.goal is None:
            return None
        return value >= self.goal if self.better == "higher" else value <= self.goal

    def share(self, value: float) -> float:
        """A value as a share of the goal, more than 1 where it is better; both above 0."""
        assert self.goal is not None  # noqa: S101 - only rows with a goal are drawn
        return value / self.goal if self.better == "higher" else self.goal / value


GROWING = ("register", "read", "trace", "list", "relay", "idle")
ROWS = {
    "register": Row("register a trade ÷ pgbench's best one-trade rate", 0.6),
    "register_beside": Row("the same while registry, fx and tax say 20 events/s ÷ without", 0.9),
    "tail": Row("register at a tenth of load: p99 ÷ p50", 5, "lower"),
    "ndjson": Row("NDJSON ÷ pgbench, 100 trades a transaction", 0.5),
    "xlsx": Row("XLSX ÷ pgbench, 100 trades a transaction", 0.25),
    "ndjson_others": Row("other callers' p90 beside NDJSON ÷ without", 2, "lower"),
    "xlsx_others": Row("other callers' p90 beside XLSX ÷ without", 2, "lower"),
    "read": Row("read a trade ÷ register", 2),
    "trace": Row("trace with all four steps ÷ register", 1),
    "list_last": Row("list page of 200 rows, the worst list: last ÷ first, ms", 1.5, "lower"),
    "list_small": Row("list page, the worst list: party with few rows ÷ authority, ms", 1.5, "lower"),
    "list_cpu": Row("list page, the dearest list: ms of CPU", None, "lower"),
    "list_bytes": Row("list page, the largest: KiB", None, "lower"),
    "relay": Row("outbox to Kafka ÷ plain idempotent producer", 0.67),
    "consumer": Row("plain consumer ÷ plain idempotent producer"),
    **{f"apply_{each}": Row(f"{each}: events applied a second ÷ outbox to the bus", 1) for each in SERVICES},
    "kafka_p50": Row("commit to applied in another service, Kafka: p50, ms", 25, "lower"),
    "kafka_p99": Row("commit to applied in another service, Kafka: p99, ms", 150, "lower"),
    "embedded_p50": Row("commit to applied in another service, embedded bus: p50, ms", 25, "lower"),
    "embedded_p99": Row("commit to applied in another service, embedded bus: p99, ms", 150, "lower"),
    **{f"growth_{each}": Row(f"growth, {each}: CPU an act, large ÷ small", 1.15, "lower") for each in GROWING},
    "declaration": Row("declaration of ten times as many packed lines: submission, large ÷ small", 12, "lower"),
    "receipt": Row("a status receipt on the large declaration, s", 0.5, "lower"),
    "return": Row("return of all its portions, s", 1, "lower"),
    "memory": Row("memory of the process that grows most: after load ÷ idle", 1.3, "lower"),
    "start": Row("start of all processes, s", 8, "lower"),
    "help": Row("marketctl --help, s of CPU", 0.3, "lower"),
    "idle": Row("all processes while nobody asks, % of a core", None, "lower"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table as it was measured.

    `cpu_ms` is what an act costs the process that serves it and its sessions in PostgreSQL. `detail` names absolute
    figures, which don't travel to another machine.
    """

    key: str
    rounds: tuple[float, ...]
    detail: str = ""
    cpu_ms: float | None = None

    @property
    def row(self) -> Row:
        return ROWS[self.key]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest round."""
        return min(self.rounds), max(self.rounds)

    def line(self) -> str:
        """The figure as a line of text."""
        low, high = self.spread
        cpu = "" if self.cpu_ms is None else f"{self.cpu_ms:.2f} ms CPU each"
        told = ", ".join(filter(None, (cpu, self.detail)))
        return f"{self.row.name:<76} {self.median:8.3g}  ({low:.3g}–{high:.3g})  {self.row.aim:<8} {told}"


def ratios(measured: Sequence[float], yardsticks: Sequence[float]) -> tuple[float, ...]:
    """Each round's value over the yardstick of the same round."""
    return tuple(value / yardstick for value, yardstick in zip(measured, yardsticks, strict=True))
