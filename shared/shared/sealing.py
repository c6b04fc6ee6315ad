"""Protects numbers, names, accounts: ciphertext, keyed blind index, mask (V66, ARCHITECTURE.md#personal-data).

A row with sealed values has a data key of its own, wrapped by the newest key of the ring (`data_key`). A ciphertext is
bound to table, column and row, and opens nowhere else; its copies in the row's history and events are of the row too.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from pydantic import BeforeValidator

from shared.events.registry import Sealed
from shared.keyring import FIRST, KeyRing, ring_of
from shared.settings import ServiceSettings
from shared.suites import AES, SUITES, Suite, suite_named
from shared.vocabulary.identifiers import former_identities, indexed_identity, mask_identity


def _mask(value: object) -> object:
    return value.mask if isinstance(value, Sealed) else value


Mask = Annotated[str, BeforeValidator(_mask)]
"""A sealed value as callers see it: ciphertext and blind index are nobody's to read (V66)."""

_OWN = "row"
ERASED = "erased"
"""What a row has in the place of its data key once that was destroyed: nobody opens its values any more (R-DATA-1)."""
GONE = Sealed(mask="***", blind_index="", ciphertext="")
"""A sealed value of which nothing is left."""


class CannotOpen(Exception):
    """A sealed value of elsewhere, of a key that the ring lacks, or of a row whose data key was destroyed."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """What is sealed, by its table and column; `former` is what 0.1.0 bound its values to.

    `searched` makes the texts that a value may be searched by, today's first, of it and of what stands beside it.
    """

    table: str
    column: str
    former: str
    searched: Callable[[str, Mapping[str, Any]], Sequence[str]] = lambda text, _: (text,)

    @property
    def name(self) -> str:
        """What its blind indexes are derived for: those of two columns can't be joined."""
        return f"{self.table}.{self.column}"


def _identity(text: str, beside: Mapping[str, Any]) -> Sequence[str]:
    identity = beside["identity_kind"], text, beside["country"]
    return (indexed_identity(*identity), *former_identities(*identity))


IDENTITY = SealedColumn("subjects", "identity", "subject.identity", _identity)
"""A subject's identity number; every service that looks for one by its index names it too."""


@dataclass(frozen=True, slots=True)
class SealedRows:
    """A table with sealed values: `documents` are the JSONB columns that hold them, `columns` their fields' names.

    `key` is its primary key; its first column is the id of the row that the values were sealed for: its own, or that of
    the table `of`, which has the data key. `beside` are columns that the searched text needs, `indexes` columns with a
    copy of the blind index of a document.
    """

    table: str
    key: tuple[str, ...]
    documents: tuple[str, ...]
    columns: Mapping[str, SealedColumn]
    beside: tuple[str, ...] = ()
    indexes: Mapping[str, str] = field(default_factory=dict)
    of: str = ""

    @property
    def owner(self) -> str:
        """The table whose rows have the data keys."""
        return self.of or self.table


class RowKey:
    """The data key of one row: seals and opens the row's values; `wrapped` is what the row keeps of it."""

    def __init__(self, sealer: Sealer, row: UUID, secret: bytes, wrapped: str) -> None:
        self._sealer = sealer
        self._row = row
        self._keys: dict[str, bytes] = {}
        self.secret = secret
        self.wrapped = wrapped

    def _key(self, suite: Suite) -> bytes:
        if suite.name not in self._keys:
            self._keys[suite.name] = suite.derive(self.secret, "value")
        return self._keys[suite.name]

    def seal(self, text: str, column: SealedColumn, *, mask: str | None = None, indexed: str | None = None) -> Sealed:
        """A sealed value; equal texts of a column have equal blind indexes (`indexed` is another text searched by)."""
        suite = self._sealer.suite
        sealed = suite.encrypt(self._key(suite), text.encode(), _place(column, self._row))
        return Sealed(
            mask=mask_identity(text) if mask is None else mask,
            blind_index=self._sealer.index(text if indexed is None else indexed, column),
            ciphertext=f"{_OWN}.{suite.name}.{_text(sealed)}",
        )

    def open(self, sealed: Sealed, column: SealedColumn) -> str:
        """The text, of a value of 0.1.0 too; CannotOpen where it is another's."""
        head, _, rest = sealed.ciphertext.partition(".")
        if head != _OWN:
            return self._sealer.open_former(sealed.ciphertext, column)
        suite, _, text = rest.partition(".")
        if suite not in SUITES:
            raise CannotOpen(f"a value of {column.name} is sealed by {suite}, which nobody knows")
        try:
            opened = SUITES[suite].decrypt(self._key(SUITES[suite]), _bytes(text), _place(column, self._row))
        except InvalidTag as error:
            raise CannotOpen(f"a value of {column.name} isn't that of {self._row}") from error
        return opened.decode()


class Sealer:
    """Seals with the newest key of a ring, by one suite; opens whatever a key of the ring sealed, by either suite."""

    def __init__(self, ring: KeyRing, suite: Suite = AES) -> None:
        self.ring = ring
        self.suite = suite

    @property
    def named(self) -> str:
        """What new data keys and blind indexes begin with."""
        return f"{self.ring.newest}.{self.suite.name}."

    def row_key(self, table: str, row: UUID, wrapped: str | None) -> RowKey:
        """The data key that a row keeps, or a new one where it has none yet."""
        return self.new_row_key(table, row) if wrapped is None else self._unwrapped(table, row, wrapped)

    def new_row_key(self, table: str, row: UUID, secret: bytes | None = None) -> RowKey:
        """A data key wrapped by the newest key: a new one, or `secret` wrapped anew."""
        secret = secret or os.urandom(32)
        wrapping = self.suite.derived(self.ring.secret(self.ring.newest), "wrap")
        sealed = self.suite.encrypt(wrapping, secret, _place_of_key(table, row))
        return RowKey(self, row, secret, self.named + _text(sealed))

    def resealed(self, key: RowKey, sealed: Sealed, column: SealedColumn, beside: Mapping[str, Any]) -> Sealed:
        """The value as it would be sealed now, searched by the text that it is searched by."""
        text = key.open(sealed, column)
        texts = column.searched(text, beside)
        same = next((each for each in texts if sealed.blind_index in self.indexes(each, column)), texts[0])
        return key.seal(text, column, mask=sealed.mask, indexed=same)

    def _unwrapped(self, table: str, row: UUID, wrapped: str) -> RowKey:
        if wrapped == ERASED:
            raise CannotOpen(f"the data key of {table} {row} was destroyed")
        key, _, rest = wrapped.partition(".")
        suite, _, text = rest.partition(".")
        if key not in self.ring or suite not in SUITES:
            raise CannotOpen(f"the data key of {table} {row} is wrapped by {key}, which the ring lacks")
        wrapping = SUITES[suite].derived(self.ring.secret(key), "wrap")
        try:
            secret = SUITES[suite].decrypt(wrapping, _bytes(text), _place_of_key(table, row))
        except InvalidTag as error:
            raise CannotOpen(f"the data key of {table} {row} isn't that row's") from error
        return RowKey(self, row, secret, wrapped)

    def index(self, text: str, column: SealedColumn) -> str:
        """What equality is searched by, as it is written now."""
        return self.named + self._digest(self.ring.newest, self.suite, text, column)

    def indexes(self, text: str, column: SealedColumn) -> list[str]:
        """Every index that a row may have for the text, today's first: of each key and suite, and as 0.1.0 wrote it."""
        found = [self.index(text, column)]
        found += [
            f"{key}.{suite.name}.{self._digest(key, suite, text, column)}"
            for key in self.ring
            for suite in SUITES.values()
            if suite.is_available
        ]
        if FIRST in self.ring:
            found.append(AES.former_index(self.ring.secret(FIRST), f"{column.former}\x00{text}"))
        return list(dict.fromkeys(found))

    def _digest(self, key: str, suite: Suite, text: str, column: SealedColumn) -> str:
        return suite.digest(suite.derived(self.ring.secret(key), f"index/{column.name}"), text.encode())

    def identity_index(self, kind: str, number: str, country: str) -> str:
        """The blind index of a subject's identity in every service; InvalidIdentifier where it is none (R-FILE-4)."""
        return self.index(indexed_identity(kind, number, country), IDENTITY)

    def identity_indexes(self, kind: str, number: str, country: str) -> list[str]:
        """Every index that rows may have for an identity, today's first, those of earlier releases last."""
        texts = [indexed_identity(kind, number, country), *former_identities(kind, number, country)]
        return [index for text in texts for index in self.indexes(text, IDENTITY)]

    def open_former(self, ciphertext: str, column: SealedColumn) -> str:
        """The text of a value that 0.1.0 sealed, by the first key and bound to its column alone."""
        key, _, text = ciphertext.partition(".")
        if key != FIRST or FIRST not in self.ring:
            raise CannotOpen(f"a value of {column.name} is sealed by {key}, which the ring lacks")
        try:
            return AES.open_former(self.ring.secret(FIRST), _bytes(text), column.former.encode()).decode()
        except InvalidTag as error:
            raise CannotOpen(f"a value of {column.name} was sealed for another column") from error


def sealer_of(settings: ServiceSettings) -> Sealer:
    """What a process seals with, as its settings say; SetupProblem where its suite isn't there."""
    return Sealer(ring_of(settings), suite_named(settings.sealing_suite))


def _place(column: SealedColumn, row: UUID) -> bytes:
    return json.dumps([column.table, column.column, str(row)]).encode()


def _place_of_key(table: str, row: UUID) -> bytes:
    return json.dumps([table, "data_key", str(row)]).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise CannotOpen("a sealed value is no base64") from error
