"""pagesieve: a scraped page in, its own content out."""

from pagesieve.clean import clean
from pagesieve.errors import BadInput, ModelError, PagesieveError, TooLarge
from pagesieve.options import Focus, Kind, Options
from pagesieve.page import Block, Page, Role
from pagesieve.pipeline import accept
from pagesieve.quality import Decision, Reason, Signal, State, Verdict

__all__ = [
    "BadInput",
    "Block",
    "Decision",
    "Focus",
    "Kind",
    "ModelError",
    "Options",
    "Page",
    "PagesieveError",
    "Reason",
    "Role",
    "Signal",
    "State",
    "TooLarge",
    "Verdict",
    "accept",
    "clean",
]
