"""The exceptions of ViralNow: one class for each code of the core's table.

All derive from `ViralNowError` and, where there is a natural one, from a built-in exception too, so that
``except FileNotFoundError`` and ``except ValueError`` do what one expects. Each carries

- ``code``: the stable upper-case code, the same in every language, such as ``"INVALID_INPUT"``;
- ``context``: facts by name, such as ``{"path": "clip.mp4"}``;
- ``retryable``: whether the same call may succeed when it is simply tried again.

They can be pickled, and keep all three.
"""

from __future__ import annotations

import errno as _errno
from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "AnalysisTimeoutError",
    "CancelledError",
    "DecodeFailedError",
    "HostFailedError",
    "InternalError",
    "InvalidConfigError",
    "InvalidInputError",
    "IoError",
    "LimitExceededError",
    "NotFoundError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitedError",
    "SchemaMismatchError",
    "StorageBusyError",
    "StorageError",
    "UnavailableError",
    "UnsupportedFormatError",
    "ViralNowError",
]


class ViralNowError(Exception):
    """What every exception of ViralNow derives from; raised itself only for a code that this version does not know."""

    code: str = "UNKNOWN"
    retryable: bool = False
    _errno: ClassVar[int | None] = None

    def __init__(self, message: str = "", context: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.context: dict[str, str] = dict(context or {})
        if self._errno is not None:
            # An `OSError`, whose own `__str__` would show these instead of the message; ours stands before it.
            setattr(self, "errno", self._errno)  # noqa: B010 - `Exception` has no such attribute
            setattr(self, "filename", self.context.get("path"))  # noqa: B010

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Any, ...]:
        # `OSError` would leave `filename` behind: it is made of the context again.
        return (type(self), (str(self), self.context), self.__dict__)


class InvalidInputError(ViralNowError, ValueError):
    """An argument is wrong: NaN samples, an empty path, a shape that does not fit."""

    code = "INVALID_INPUT"


class InvalidConfigError(ViralNowError, ValueError):
    """A setting is wrong: an unknown preset, a limit of 0."""

    code = "INVALID_CONFIG"


class NotFoundError(ViralNowError, FileNotFoundError):
    """The file, asset or feature is not there."""

    code = "NOT_FOUND"
    _errno = _errno.ENOENT


class PermissionDeniedError(ViralNowError, PermissionError):
    """The operating system, or a platform, refuses access."""

    code = "PERMISSION_DENIED"
    _errno = _errno.EACCES


class UnsupportedFormatError(ViralNowError, ValueError):
    """The container, codec or encoding is not one that this build reads."""

    code = "UNSUPPORTED_FORMAT"


class UnavailableError(ViralNowError, RuntimeError):
    """A feature that is not built, a model file or a package that is not there, is needed for this call."""

    code = "UNAVAILABLE"


class DecodeFailedError(ViralNowError, ValueError):
    """The data is damaged beyond a partial result."""

    code = "DECODE_FAILED"


class LimitExceededError(ViralNowError, ValueError):
    """The input costs more than `Limits` allows."""

    code = "LIMIT_EXCEEDED"


class AnalysisTimeoutError(ViralNowError, TimeoutError):
    """The time allowed for the call is over."""

    code = "TIMEOUT"
    retryable = True
    _errno = _errno.ETIMEDOUT


class CancelledError(ViralNowError):
    """The host asked to stop."""

    code = "CANCELLED"


class IoError(ViralNowError, OSError):
    """Reading or writing failed for a reason of the system."""

    code = "IO"
    retryable = True
    _errno = _errno.EIO


class StorageError(ViralNowError):
    """The store refused or lost something."""

    code = "STORAGE"


class StorageBusyError(StorageError):
    """The store is held by another process for longer than we waited."""

    code = "STORAGE_BUSY"
    retryable = True


class SchemaMismatchError(StorageError):
    """The store was written by a newer version, or its schema is not ours."""

    code = "SCHEMA_MISMATCH"


class HostFailedError(ViralNowError, RuntimeError):
    """An extractor or callback of the host failed."""

    code = "HOST_FAILED"


class InternalError(ViralNowError, RuntimeError):
    """A defect of ViralNow. Please report it."""

    code = "INTERNAL"


class RateLimitedError(ViralNowError):
    """A platform's rate limit is reached; ``context["resets_at"]`` says when to come again, where the platform does."""

    code = "RATE_LIMITED"
    retryable = True


class QuotaExceededError(ViralNowError):
    """A platform's quota is used up; ``context["resets_at"]`` says when it begins anew."""

    code = "QUOTA_EXCEEDED"


_CLASSES: dict[str, type[ViralNowError]] = {
    kind.code: kind
    for kind in (
        InvalidInputError,
        InvalidConfigError,
        NotFoundError,
        PermissionDeniedError,
        UnsupportedFormatError,
        UnavailableError,
        DecodeFailedError,
        LimitExceededError,
        AnalysisTimeoutError,
        CancelledError,
        IoError,
        StorageError,
        StorageBusyError,
        SchemaMismatchError,
        HostFailedError,
        InternalError,
        RateLimitedError,
        QuotaExceededError,
    )
}


def from_code(code: str, message: str, context: Mapping[str, str] | None = None) -> ViralNowError:
    """The exception for a code of the core; of an unknown one, `ViralNowError` itself with that code."""
    kind = _CLASSES.get(code)
    if kind is not None:
        return kind(message, context)
    error = ViralNowError(message, context)
    error.code = code
    return error
