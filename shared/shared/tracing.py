"""W3C trace context: parse what came in, make one where nothing did."""

from __future__ import annotations

import re
import secrets

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def traceparent_or_new(header: str | None) -> str:
    """The caller's trace with a span of our own, or a fresh trace when the header is absent or malformed."""
    found = _TRACEPARENT.fullmatch(header or "")
    trace_id = found.group(1) if found and found.group(1) != "0" * 32 else secrets.token_hex(16)
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def trace_id_of(traceparent: str) -> str:
    """The 32 hex digits of the trace."""
    return traceparent.split("-")[1]
