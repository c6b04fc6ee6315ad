"""The parts of an XLSX package that say what a cell holds: its sheets, its texts, its number formats.

No library tells all of it within little memory: one leaves out errors and formulas, another merged ranges and hidden
rows. Parts are read as a stream; pictures and whatever else is in the file are never unpacked.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from posixpath import join, normpath
from typing import Any
from xml.parsers import expat

MOST_ENTRIES = 10_000
MOST_BYTES = 50 * 1024 * 1024
MOST_RATIO = 200
"""How many times a large entry may be larger than what is stored of it; a sheet of equal rows has about 100."""
_LARGE = 8 * 1024 * 1024
_MACROS = ("vbaproject", "xl/macrosheets/", "xl/activex/")
_LINKS = "xl/externallinks/"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_RAISED = str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
LOST = "\N{REPLACEMENT CHARACTER}"
Attributes = dict[str, str]


class Unreadable(Exception):
    """Why not, as a code of the problem catalogue, and the sheet that it is about."""

    def __init__(self, code: str, sheet: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.sheet = sheet


def local(name: str) -> str:
    """An XML name without its prefix."""
    return name.rpartition(":")[2]


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: blanks, line ends, signs without width."""
    rest = text.strip()
    return not rest or all(unicodedata.category(sign)[0] in "CZ" for sign in rest)


class Package:
    """The entries of a workbook's file, opened by name; together they unpack to MOST_BYTES at most."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise Unreadable("workbook_too_large")
        self._archive = archive
        self._entries = {each.filename.replace("\\", "/").lower(): each for each in entries}
        if any(each.flag_bits & 0x1 for each in entries) or self._has(*_MACROS):
            raise Unreadable("workbook_locked")
        # Which of two parts of one name counts, each program decides by itself.
        if len(self._entries) < len(entries):
            raise Unreadable("workbook_unreadable")
        if self._has(_LINKS):
            raise Unreadable("workbook_linked")
        if any(each.file_size > max(_LARGE, MOST_RATIO * each.compress_size) for each in entries):
            raise Unreadable("workbook_too_large")
        self._left = MOST_BYTES

    def _has(self, *parts: str) -> bool:
        return any(part in name for name in self._entries for part in parts)

    def parse(
        self,
        name: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> bool:
        """Stream one part through the handlers; False where the file has none of that name."""
        entry = self._entries.get(name.lower())
        if entry is None:
            return False
        self._left -= entry.file_size
        if self._left < 0:
            raise Unreadable("workbook_too_large")
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = _no_doctype
        if end is not None:
            parser.EndElementHandler = end
        if text is not None:
            parser.CharacterDataHandler = text
        # No more is read than the entry says that it holds.
        with self._archive.open(entry) as part:
            parser.ParseFile(part)
        return True

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """The type and target of each relation of a part."""
        folder, _, file = part.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, told: Attributes) -> None:
            if local(name) == "Relationship" and told.get("TargetMode") != "External":
                target = told["Target"].replace("\\", "/")
                path = target[1:] if target.startswith("/") else normpath(join(folder, target))
                found[told["Id"]] = (told["Type"].rpartition("/")[2], path)

        self.parse(normpath(join(folder, "_rels", f"{file}.rels")), start)
        return found


def _no_doctype(*_: Any) -> None:
    raise Unreadable("workbook_unreadable")


class TextRuns:
    """Collects the text of one `si` or `is` element; raised runs keep their digits raised."""

    def __init__(self) -> None:
        self.raised = False
        self._parts: list[str] = []
        self._align = ""
        self._inside = False
        self._spoken = 0

    def start(self, name: str, told: Attributes) -> None:
        """An element inside the text begins."""
        if name == "t":
            self._inside = not self._spoken
        elif name == "rPh":
            # How a text is pronounced is not part of it.
            self._spoken += 1
        elif name == "r":
            self._align = ""
        elif name == "vertAlign":
            self._align = told.get("val", "")

    def end(self, name: str) -> None:
        """An element inside the text ends."""
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._spoken -= 1

    def data(self, text: str) -> None:
        """Characters."""
        if not self._inside:
            return
        if self._align in ("superscript", "subscript") and not is_blank(text):
            self.raised = True
            text = text.translate(_RAISED if self._align == "superscript" else _LOWERED)
        self._parts.append(text)

    def text(self) -> str:
        """The whole, with the characters that XML can't write."""
        return unescaped("".join(self._parts))


def unescaped(text: str) -> str:
    """A text of the file with its _xHHHH_ escapes, which are UTF-16, as characters; half a character is LOST."""
    if "_x" not in text:
        return text
    units = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def counted(text: str) -> int:
    """A number that counts places; with a sign or in another script's digits it would count from elsewhere."""
    digits = text.strip(" \t\r\n")
    if not (digits.isascii() and digits.isdigit()):
        raise Unreadable("workbook_unreadable")
    return int(digits)


def shared_texts(package: Package, part: str) -> list[tuple[bool, str]]:
    """The workbook's table of texts: whether something in it is raised, and the text."""
    texts: list[tuple[bool, str]] = []
    runs = TextRuns()

    def start(name: str, told: Attributes) -> None:
        nonlocal runs
        name = local(name)
        if name == "si":
            runs = TextRuns()
        else:
            runs.start(name, told)

    def end(name: str) -> None:
        name = local(name)
        if name == "si":
            texts.append((runs.raised, runs.text()))
        else:
            runs.end(name)

    package.parse(part, start, end, lambda text: runs.data(text))
    return texts


def formats_of_styles(package: Package, part: str) -> list[str]:
    """The number format of each cell style, in the order by which cells name it."""
    own: dict[str, str] = {}
    styles: list[str] = []
    inside = False

    def start(name: str, told: Attributes) -> None:
        nonlocal inside
        name = local(name)
        if name == "numFmt":
            own[told.get("numFmtId", "")] = told.get("formatCode", "")
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            styles.append(told.get("numFmtId", "0"))

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and local(name) != "cellXfs"

    package.parse(part, start, end)
    return [own.get(number, _BUILT_IN.get(number, "General")) for number in styles]


def _numbered(*ranges: tuple[int, int, str]) -> Iterator[tuple[str, str]]:
    for first, last, code in ranges:
        yield from ((str(number), code) for number in range(first, last + 1))


_BUILT_IN = dict(
    _numbered(
        (1, 1, "0"), (2, 2, "0.00"), (3, 3, "#,##0"), (4, 4, "#,##0.00"), (5, 8, "$#,##0"), (9, 10, "0%"),
        (11, 11, "0.00E+00"), (12, 13, "# ?/?"), (14, 17, "yyyy-mm-dd"), (18, 21, "hh:mm"), (22, 22, "y-m-d h:m"),
        (27, 31, "yyyy-mm-dd"), (32, 35, "hh:mm"), (36, 36, "yyyy-mm-dd"), (37, 40, "#,##0"), (41, 44, "#,##0.00"),
        (45, 47, "mm:ss"), (48, 48, "##0.0E+0"), (49, 49, "@"), (50, 58, "yyyy-mm-dd"),
    )
)  # fmt: skip
"""What the numbers of formats mean that a file needn't spell out; 27 to 36 and 50 to 58 are dates in China."""
