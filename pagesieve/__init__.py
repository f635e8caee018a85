"""pagesieve: a scraped page in, its own content out."""

from pagesieve.clean import clean
from pagesieve.errors import BadInput, ModelError, PagesieveError, TooLarge, TooSlow
from pagesieve.limits import Limits, limited
from pagesieve.options import Focus, Kind, Options
from pagesieve.page import Block, Page, Role

__all__ = [
    "BadInput",
    "Block",
    "Focus",
    "Kind",
    "Limits",
    "ModelError",
    "Options",
    "Page",
    "PagesieveError",
    "Role",
    "TooLarge",
    "TooSlow",
    "clean",
    "limited",
]
