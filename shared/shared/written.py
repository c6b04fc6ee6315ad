"""A model as JSON, with fields whose JSON was made before."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel


def json_of(model: BaseModel, written: Mapping[str, bytes] | None = None) -> bytes:
    """A model as JSON; `written` has the JSON of fields that was made before, since a large one takes its time."""
    if not written:
        return model.model_dump_json().encode()
    rest = model.model_dump_json(exclude=set(written)).encode().removeprefix(b"{")
    before = b",".join(b'"%b":%b' % (name.encode(), text) for name, text in written.items())
    return b"{%b%b%b" % (before, b"" if rest == b"}" else b",", rest)
