"""Python's logging by the specification's path: events and failures of the monitor as records of a logger."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from typing import Any

from . import _system
from ._bus import Subscription, bus
from .core import monitoring_system as _monitoring_system

__all__ = ["get_logger", "setup_logging"]

_monitoring_system.start_when_needed()
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_LEVELS = {"function.failed": logging.ERROR, "performance.threshold_exceeded": logging.WARNING}
_listening: list[Subscription] = []


def get_logger(name: str = "viralnow.monitoring") -> logging.Logger:
    """A logger below ``viralnow.monitoring``."""
    root = "viralnow.monitoring"
    return logging.getLogger(name if name == root or name.startswith(root + ".") else f"{root}.{name}")


def setup_logging(level: str | int = "INFO", path: str | None = None) -> logging.Logger:
    """Tells what happens to the logger ``viralnow.monitoring``: failed calls as ERROR, calls that take too long and
    trouble of the monitor as WARNING, the rest of its events as INFO. With ``path`` it also gets a file of 10 MiB at
    most, of which five are kept."""
    logger = get_logger()
    logger.setLevel(level)
    if path is not None and not any(isinstance(handler, RotatingFileHandler) for handler in logger.handlers):
        handler = RotatingFileHandler(path, maxBytes=10 << 20, backupCount=5, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)
    _system.start_itself()
    if not _listening or _listening[0].stats() is None:
        _listening[:] = [bus.subscribe(pattern, _tell) for pattern in ("function.failed", "performance.*", "monitor.*")]
    return logger


def _tell(topic: str, data: Any) -> None:
    level = _LEVELS.get(topic, logging.WARNING if topic.startswith("monitor.") else logging.INFO)
    get_logger().log(level, "%s %s", topic, data)
