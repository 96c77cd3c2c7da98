"""Logging: one event per line on standard error, with fields; never an address or a text."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, level: str = "INFO") -> None:
    """Send structured events to standard error; JSON unless a person is watching."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True, pad_event_to=0)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(sort_keys=True)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(message)s")


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of the module called ``name``."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger(source=name)
    return log
