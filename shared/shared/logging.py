"""Structured logs with the request's, the event's and the trace's ids; personal values never enter (V66)."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any

import structlog

_Told = type[BaseException] | BaseException | tuple[Any, ...] | bool | None


def configure_logging(service: str, level: str = "INFO") -> None:
    """One JSON line per record on standard error, the standard library's loggers included."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _told_by_its_frames,
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    structlog.contextvars.bind_contextvars(service=service)


def _told_by_its_frames(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its kinds and the code that it passed: its text may repeat a value of the request (V66)."""
    told: _Told = line.pop("exc_info", None)
    error = told if isinstance(told, BaseException) else told[1] if isinstance(told, tuple) else sys.exc_info()[1]
    if told and error is not None:
        line["exception"] = "".join(_frames(error))
    return line


def _frames(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames: TracebackType | None = error.__traceback__
        yield from traceback.format_tb(frames)
        yield f"{type(error).__module__}.{type(error).__qualname__}\n"
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _frames(each)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
