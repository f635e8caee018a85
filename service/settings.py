"""What an operator may change, from the environment (``PAGESIEVE_*``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from pagesieve.errors import BadInput

PREFIX = "PAGESIEVE_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of the service.

    Parameters
    ----------
    max_request_bytes
        Largest request body as it comes over the wire.
    max_page_bytes
        Largest request body after its ``Content-Encoding`` is undone.
    """

    # Twice the largest of 500 real pages (4.9 MB; half of them are under 130 KB), so a body above
    # this is not a page but a dump of something.
    max_request_bytes: int = 10_000_000
    # A page of text shrinks five- to tenfold, so twice the limit on the wire refuses no real page,
    # while a bomb (a thousandfold and more) is stopped after 20 MB of output.
    max_page_bytes: int = 20_000_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings from ``PAGESIEVE_<NAME>`` variables; other variables of that prefix are ignored.

        They are ignored because container platforms add their own for a service of this name
        (``PAGESIEVE_SERVICE_HOST``, ``PAGESIEVE_PORT``).

        Raises
        ------
        BadInput
            A value is not a whole number above 0.
        """
        names = {field.name: PREFIX + field.name.upper() for field in fields(cls)}
        given = {name: variable for name, variable in names.items() if variable in environment}
        return cls(**{name: _positive(variable, environment[variable]) for name, variable in given.items()})


def _positive(variable: str, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise BadInput(f"{variable} is a whole number above 0, not {value!r}")
    return number
