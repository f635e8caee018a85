"""What the service refuses for its own sake, beside the library's errors."""

from __future__ import annotations

from pagesieve.errors import PagesieveError


class TryAgain(PagesieveError):
    """Refused now, but not for ever: ``retry_after`` is the number of seconds after which to ask again."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(TryAgain):
    """As many requests as the worker takes are in hand."""

    status = 503


class Stopping(TryAgain):
    """The service is going down."""

    status = 503


class TooMany(TryAgain):
    """A key is ahead of its rate."""

    status = 429


class Slow(PagesieveError):
    """The client did not send its request in time."""

    status = 408


class Unauthorized(PagesieveError):
    """No key, or not a valid one."""

    status = 401


class Reused(PagesieveError):
    """An idempotency key came again with another content."""

    status = 422


class Full(PagesieveError):
    """The store of labels holds as much as it may."""

    status = 507


class StoreFailed(TryAgain):
    """The store of labels cannot be used now."""

    status = 503
