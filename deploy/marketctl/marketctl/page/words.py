"""The page's words in Chinese and English, and which of the two a visitor reads."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")


class Words:
    """The words of one language. A code without words, such as a state of a later release, is shown as it is."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = {name: pair[LANGUAGES.index(language)] for name, pair in _pairs().items()}

    def __call__(self, name: str, **values: object) -> str:
        """The text of a name, with its values filled in."""
        text = self._texts.get(name)
        return name.rpartition(".")[2] if text is None else text.format(**values)

    def event(self, event_type: str) -> str:
        """What an event says, by its type."""
        return self(f"event.{event_type.split('.')[1]}")


@cache
def _pairs() -> dict[str, tuple[str, str]]:
    read = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
    return {f"{group}.{name}": tuple(pair) for group, pairs in read.items() for name, pair in pairs.items()}


def known() -> Mapping[str, tuple[str, str]]:
    """Every text in Chinese and English, by its name."""
    return _pairs()


def language_of(chosen: str | None, accepted: str) -> str:
    """The visitor's choice, or else the first of the browser's languages that there is; Chinese where it names none."""
    if chosen in LANGUAGES:
        return chosen
    ranked = sorted(map(_ranked, accepted.split(",")), key=lambda each: -each[1])
    return next((name for name, weight in ranked if name in LANGUAGES and weight > 0), "zh")


def _ranked(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(";q=")
    try:
        return name.strip().lower()[:2], float(weight) if weight else 1.0
    except ValueError:
        return name.strip().lower()[:2], 0.0
