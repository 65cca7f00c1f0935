"""The settings by the specification's path."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from ..exceptions import UnavailableError
from . import _system

__all__ = ["ConfigManager", "config_manager"]


class ConfigManager:
    """The settings in force: those of the running monitor, else of ``monitoring_config.json`` if it is here, else the
    defaults."""

    def get_config(self) -> dict[str, Any]:
        """All of them."""
        with suppress(UnavailableError):
            return _system.config()
        return _system.load(_system.CONFIG if os.path.exists(_system.CONFIG) else {})

    def get(self, key: str, default: Any = None) -> Any:
        """One of them."""
        return self.get_config().get(key, default)

    def load(self, path: str | os.PathLike[str] = _system.CONFIG) -> dict[str, Any]:
        """Those of a file, with the defaults for what it leaves out; raises `InvalidConfigError` for what is wrong."""
        return _system.load(path)

    def __getitem__(self, key: str) -> Any:
        return self.get_config()[key]


config_manager = ConfigManager()
