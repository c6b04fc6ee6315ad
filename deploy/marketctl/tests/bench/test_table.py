from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from marketctl.bench.figure import ROWS, Figure, Row, ratios
from marketctl.bench.plot import write_plot
from marketctl.bench.report import machine, table

# What the issue of speed promises, as the beginning of the names of its rows.
PROMISED = (
    "register a trade ÷ pgbench's best one-trade rate",
    "the same while registry, fx and tax say 20 events/s",
    "register at a tenth of load: p99 ÷ p50",
    "NDJSON ÷ pgbench, 100 trades a transaction",
    "XLSX ÷ pgbench, 100 trades a transaction",
    "other callers' p90 beside NDJSON",
    "other callers' p90 beside XLSX",
    "read a trade ÷ register",
    "trace with all four steps ÷ register",
    "list page",
    "outbox to Kafka ÷ plain idempotent producer",
    "plain consumer",
    *(f"{each}: events applied" for each in ("registry", "trade-ledger", "fx-settlement", "tax-exemption")),
    *(f"commit to applied in another service, {bus}: p{n}" for bus in ("Kafka", "embedded bus") for n in (50, 99)),
    *(f"growth, {each}" for each in ("register", "read", "trace", "list", "relay", "idle")),
    "declaration of ten times",
    "a status receipt",
    "return of all its portions",
    "memory of the process",
    "start of all processes",
    "marketctl --help",
    "all processes while nobody asks",
)


@pytest.mark.parametrize("name", PROMISED)
def test_each_promised_figure_has_its_row(name: str) -> None:
    assert any(row.name.startswith(name) for row in ROWS.values())


def test_a_figure_is_the_median_of_its_rounds_with_the_lowest_and_the_highest() -> None:
    figure = Figure("register", (0.5, 0.1, 0.4, 0.9))
    assert (figure.median, figure.spread) == (0.45, (0.1, 0.9))


def test_a_ratio_is_taken_within_a_round() -> None:
    assert ratios([10, 30], [20, 40]) == (0.5, 0.75)
    with pytest.raises(ValueError, match="shorter"):
        ratios([10, 30], [20])


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [("higher", 0.6, True), ("higher", 0.59, False), ("lower", 0.6, True), ("lower", 0.61, False)],
)
def test_a_goal_is_reached_at_its_value(better: str, value: float, *, reached: bool) -> None:
    row = Row("named", 0.6, better)  # type: ignore[arg-type]  # a parameter of the test
    assert row.reached(value) is reached
    assert (row.share(value) >= 1) is reached
    assert Row("named").reached(value) is None


def test_the_table_shows_every_row_also_what_was_not_measured() -> None:
    lines = table([Figure("register", (0.5, 0.7, 0.65), "700/s", 1.25)])
    assert len(lines) == 2 + len(ROWS)
    assert lines[2] == (
        "| register a trade ÷ pgbench's best one-trade rate | 0.65 | 0.5–0.7 | ≥ 0.6 | yes | 1.25 ms | 700/s |"
    )
    assert "not measured" in lines[3]


def test_the_machine_is_told_with_the_servers_that_ran() -> None:
    assert "PostgreSQL 18.1" in machine({"PostgreSQL": "18.1"})


def test_the_plot_is_an_svg_with_a_bar_for_each_figure_that_has_a_goal(tmp_path: Path) -> None:
    file = tmp_path / "plot.svg"
    write_plot(file, "a & b", [Figure("register", (0.5, 0.7)), Figure("idle", (3.0,)), Figure("tail", (2.0,))])
    texts = [each.text for each in ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own
    assert ROWS["register"].name in texts
    assert ROWS["tail"].name in texts
    assert ROWS["idle"].name not in texts
