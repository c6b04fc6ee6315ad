"""Plots of the bench as SVG, which browsers and GitHub show: no library is needed for bars with whiskers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from marketctl.bench.figure import Figure

_WIDTH, _NAMES, _BAR, _TOP, _RIGHT = 1060, 520, 22, 56, 70
_LEAST, _MOST = 0.01, 100.0


def write_plot(file: Path, title: str, figures: Sequence[Figure]) -> None:
    """Each figure as a share of its goal on a logarithmic scale: to the right of the line it is reached."""
    drawn = [figure for figure in figures if figure.row.goal is not None and min(figure.rounds) > 0]
    height = _TOP + len(drawn) * _BAR + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="20" font-size="15">{escape(title)}</text>',
        '<text x="12" y="38" fill="#666666">share of the goal: 1 is reached; the line spans the rounds</text>',
    ]
    tick = _LEAST
    while tick <= _MOST:
        line = "#222222" if math.isclose(tick, 1) else "#dddddd"
        parts.append(f'<path d="M{_x(tick):.1f} {_TOP - 6}V{height - 20}" stroke="{line}"/>')
        parts.append(f'<text x="{_x(tick):.1f}" y="{height - 6}" text-anchor="middle" fill="#666666">{tick:g}</text>')
        tick *= 10
    for place, figure in enumerate(drawn):
        parts += _bar(figure, _TOP + place * _BAR)
    file.write_text("\n".join([*parts, "</svg>", ""]), "utf-8")


def _bar(figure: Figure, y: int) -> list[str]:
    share = figure.row.share(figure.median)
    ends = sorted(_x(figure.row.share(value)) for value in figure.spread)
    left, right = sorted((_x(1), _x(share)))
    colour = "#2a7f62" if share >= 1 else "#c0504d"
    return [
        f'<text x="{_NAMES - 10}" y="{y + 13}" text-anchor="end">{escape(figure.row.name)}</text>',
        f'<rect x="{left:.1f}" y="{y + 3}" width="{max(1, right - left):.1f}" height="12" fill="{colour}"/>',
        f'<path d="M{ends[0]:.1f} {y + 9}H{ends[1]:.1f}" stroke="#222222"/>',
        f'<text x="{_WIDTH - 8}" y="{y + 13}" text-anchor="end">{figure.median:.3g}</text>',
    ]


def _x(share: float) -> float:
    within = min(max(share, _LEAST), _MOST)
    return _NAMES + (_WIDTH - _RIGHT - _NAMES) * math.log(within / _LEAST) / math.log(_MOST / _LEAST)
