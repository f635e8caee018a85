"""Clean page → measures → rules and models → verdict, and confidence in the extraction.

``prose`` and ``markup`` measure, ``rules`` say what a measure should be, ``model`` decides, ``verdict`` says
how a decision and its reasons follow.
"""

from pagesieve.quality.markup import error_cues
from pagesieve.quality.measures import Cleaned
from pagesieve.quality.model import VerdictModel
from pagesieve.quality.rules import Signal
from pagesieve.quality.verdict import Decision, Opinion, Reason, State, Verdict, decide, is_message, surely_ok

__all__ = [
    "Cleaned",
    "Decision",
    "Opinion",
    "Reason",
    "Signal",
    "State",
    "Verdict",
    "VerdictModel",
    "decide",
    "error_cues",
    "is_message",
    "surely_ok",
]
