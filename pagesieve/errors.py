"""What can go wrong, each kind with its HTTP status and its exit code.

Every message says what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class PagesieveError(Exception):
    """Base of every error that pagesieve raises on purpose."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1


class BadInput(PagesieveError):
    """The page or an option cannot be used as it is."""

    status = 400


class TooLarge(PagesieveError):
    """The page exceeds a documented limit."""

    status = 413


class TooSlow(PagesieveError):
    """The page takes longer than it may."""

    status = 422


class ModelError(PagesieveError):
    """No usable release: missing, changed, or made for another version."""

    status = 503
