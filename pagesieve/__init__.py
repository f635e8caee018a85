"""pagesieve: a scraped page in, its own content out."""

from pagesieve.clean import clean
from pagesieve.errors import BadInput, ModelError, PagesieveError, TooLarge, TooSlow
from pagesieve.limits import Limits, limited
from pagesieve.options import Focus, Kind, Options
from pagesieve.page import Block, Page
from pagesieve.pipeline import accept
from pagesieve.quality import Decision, Reason, Signal, State, Verdict
from pagesieve.roles import Role

__all__ = [
    "BadInput",
    "Block",
    "Decision",
    "Focus",
    "Kind",
    "Limits",
    "ModelError",
    "Options",
    "Page",
    "PagesieveError",
    "Reason",
    "Role",
    "Signal",
    "State",
    "TooLarge",
    "TooSlow",
    "Verdict",
    "accept",
    "clean",
    "limited",
]
