"""The choices of every coded value: one code is stored, Chinese and English words are read as it (R-FILE-7)."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_NO_PART_OF_A_WORD = ("Cf", "Pc", "Pd", "Zs")


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one coded value; of a code's words the first is the official Chinese one."""

    name: str
    words: Mapping[str, tuple[str, ...]]
    _read: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        read = {_folded(word): code for code, words in self.words.items() for word in (code, *words)}
        object.__setattr__(self, "_read", read)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in their order."""
        return tuple(self.words)

    def code_of(self, text: str) -> str | None:
        """The code that a word stands for, or None: case, width, blanks and dashes make no other word."""
        return text if text in self.words else self._read.get(_folded(text))

    @property
    def told(self) -> str:
        """The codes with their official words, for readers of English."""
        return ", ".join(f"{code} ({words[0]})" for code, words in self.words.items())

    @property
    def told_in_chinese(self) -> str:
        """The codes with their official words, for readers of Chinese."""
        return "，".join(f"{words[0]} {code}" for code, words in self.words.items())


@cache
def all_choices() -> Mapping[str, Choices]:
    """The choices of each coded value, by its name."""
    read = tomllib.loads(files("shared.vocabulary").joinpath("choices.toml").read_text("utf-8"))
    return {name: Choices(name, {code: tuple(words) for code, words in told.items()}) for name, told in read.items()}


def choices_of(name: str) -> Choices:
    """The choices of one coded value; KeyError if it has none."""
    return all_choices()[name]


VALUES_OF_QUALIFICATIONS: Mapping[str, str | None] = {
    "customs_filing": None,  # a number
    "fx_directory": "fx_class",
    "taxpayer_kind": "taxpayer_kind",
    "filing_frequency": "filing_frequency",
    "tax_authority": None,  # a name
    "fx_account": None,  # a currency or a remark: that it is recorded is what counts
    "personal_fx_account": None,
    "quality_undertaking": None,
}
"""Which choices the value of a qualification has, by its kind; None where it is a number or a name (R-FILE-7)."""


def value_choices(kind: str) -> Choices | None:
    """The choices of a qualification's value, or None where it has any form."""
    name = VALUES_OF_QUALIFICATIONS.get(kind)
    return None if name is None else choices_of(name)


def known_value(kind: str, value: str) -> str | None:
    """The code of a qualification's value, a value without choices as it is, None for a word that nobody knows.

    What rests on the value takes the stricter outcome for None.
    """
    choices = value_choices(kind)
    return value if choices is None else choices.code_of(value)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if unicodedata.category(each) not in _NO_PART_OF_A_WORD)
