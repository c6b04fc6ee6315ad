"""One spelling for texts that look the same: references and names as people write, paste and scan them."""

from __future__ import annotations

import re
import unicodedata


class Unreadable(ValueError):
    """The text can't be a reference or a name; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# Unicode's Default_Ignorable_Code_Point, the other format characters, and the two letters that print as a blank.
_INVISIBLE_CLASS = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_INVISIBLE_CLASS}]")
# These turn the order in which a text is read: without them it would be another text.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_BREAKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_ENDS = re.compile("\r\n|\r|\n")
_BLANKS = re.compile(r"\s+")
# Punctuation that Chinese texts are set with; NFKC would make it the Latin one.
_CHINESE_PUNCTUATION = re.compile("([\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffe6])")
# What most texts are made of: one blank between words, ASCII, Chinese characters and their punctuation.
_PLAIN_REFERENCE = re.compile("[!-~\u4e00-\u9fff]+(?: [!-~\u4e00-\u9fff]+)*")
_PLAIN_NAME = re.compile(
    "[!-~\u4e00-\u9fff\u3001-\u3011\uff08\uff09\uff0c\uff1a\uff1b]+"
    "(?: [!-~\u4e00-\u9fff\u3001-\u3011\uff08\uff09\uff0c\uff1a\uff1b]+)*"
)


def reference_spelling(text: str) -> str:
    """A reference in its one spelling (NFKC, every dash "-", one blank between words), or Unreadable.

    Invisible characters are no part of it. It has a letter or a digit, and no control character, character without a
    fixed look, or mark that turns the reading direction.
    """
    spelled = text
    if _PLAIN_REFERENCE.fullmatch(text) is None:
        stripped = text.strip()
        if _CONTROL.search(stripped) or _TURNING.search(stripped):
            raise Unreadable("text_unreadable")
        folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", stripped))
        spelled = _BLANKS.sub(" ", _DASHES.sub("-", folded)).strip()
        if any(unicodedata.category(each) in ("Cn", "Co", "Cs") for each in spelled):
            raise Unreadable("text_unreadable")
    if not any(each.isalnum() for each in spelled):
        raise Unreadable("reference_without_letter")
    return spelled


def name_spelling(text: str) -> str:
    """A name in its one spelling, empty where nothing of it is visible, or Unreadable.

    Full-width letters and digits become ordinary ones, Chinese punctuation stays, line breaks and runs of blanks
    become one blank, and invisible characters are no part of it.
    """
    if _PLAIN_NAME.fullmatch(text) is not None:
        return text
    if _CONTROL_BUT_BREAKS.search(text) or _TURNING.search(text):
        raise Unreadable("text_unreadable")
    parts = _CHINESE_PUNCTUATION.split(_INVISIBLE.sub("", text))
    folded = "".join(part if n % 2 else _folded(part) for n, part in enumerate(parts))
    return _BLANKS.sub(" ", folded).strip()


def lettered_spelling(text: str) -> str:
    """A name with a letter or a digit, or Unreadable: "." names nothing."""
    spelled = name_spelling(text)
    if not any(each.isalnum() for each in spelled):
        raise Unreadable("reference_without_letter")
    return spelled


def text_spelling(text: str) -> str:
    """A text of sentences: each line as a name is spelled, the line breaks kept."""
    if "\n" not in text and "\r" not in text:
        return name_spelling(text)
    return "\n".join(map(name_spelling, _LINE_ENDS.split(text))).strip()


def _folded(part: str) -> str:
    """Compatible forms of letters and digits as the ordinary ones; signs that mean something else (², ½, …) stay."""
    return unicodedata.normalize("NFC", "".join(map(_ordinary, part)))


def _ordinary(character: str) -> str:
    wide = character > "\u3000" and unicodedata.east_asian_width(character) in ("F", "H")
    return unicodedata.normalize("NFKC", character) if wide else character
