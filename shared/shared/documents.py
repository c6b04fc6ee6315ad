"""Typed documents: a JSONB column whose Python side is a frozen pydantic model, or a tuple of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

D = TypeVar("D")


class Document(TypeDecorator[D], Generic[D]):
    """JSONB read as `form` and written from it: `Document(TradeState)`, `Document(tuple[StallTerm, ...])`.

    A value is never edited in place: a change is a new value, which is what the session sees. A row that doesn't fit
    the form raises pydantic's ValidationError when it is read. None is SQL's NULL.
    """

    impl = JSONB
    cache_ok = True

    def __init__(self, form: type[D] | Any) -> None:
        super().__init__(none_as_null=True)
        self.form = form
        self.adapter: TypeAdapter[D] = TypeAdapter(form)

    @property
    def _static_cache_key(self) -> tuple[Any, ...]:
        return (Document, self.form)

    def bind_processor(self, dialect: Dialect) -> Callable[[D | None], str | None]:
        """One pass from the model to the text that the driver sends."""
        dump = self.adapter.dump_json

        def process(value: D | None) -> str | None:
            return None if value is None else dump(value).decode()

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], D | None]:
        """From what the driver parsed to the model."""
        validate = self.adapter.validate_python

        def process(value: Any) -> D | None:
            return None if value is None else validate(value)

        return process

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        """What a document is compared with or indexed by is plain JSONB's."""
        return self.impl_instance.coerce_compared_value(op, value)

    def copy(self, **kw: Any) -> Document[D]:
        """The same column in another table."""
        return Document(self.form)
