"""Repeated text: which blocks say what another block says more fully.

Containment (Broder 1997, "On the resemblance and containment of documents") over distinct long words: a story
with small edits keeps its words, where few longer n-grams survive. Few blocks of a page repeat others, and
which may is known from the features, so they are compared exactly; MinHash is for larger collections.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import VERBATIM, Document
from pagesieve.features.page import first_copies
from pagesieve.words import tokens

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# A text of so many words is given once: pages repeat paragraphs for other screens, previews and quotes.
# Shorter repetitions are refrains, labels and lines of code.
LONG_TEXT = 10
# Of longer ones a block is a copy, too, if a fuller one has such a share of its long words: on a page, and in
# text without mark-up, where the same story comes from several sources. Other stories on the same matter have
# a quarter.
_LEAST_WORDS = 20
_LEAST_CONTAINED, _LEAST_CONTAINED_LINES = 0.8, 0.7
_LONG_WORD, _LEAST_DISTINCT = 4, 8
# Of a word in more blocks than this the largest blocks are remembered; to look at all pairs would cost the
# square. So many of the blocks with most words in common are compared.
_MOST_HOLDERS, _COMPARED = 8, 3
# A copy with at least this share of the fuller one's words stands for it: what one is, the other is.
_COMPARABLE = 0.5
# Where text repeats for a reason: equal cells, equal lines of code.
_TABLE = frozenset(["td", "th"])


@dataclass(frozen=True, slots=True)
class Copies:
    """Of each block the first with the same long text, and the fullest that contains nearly all of it.

    ``same`` is a block's own number where there is no other, ``fuller`` is -1.
    """

    same: Ints
    fuller: Ints
    n_words: Floats

    def raised(self, probability: Floats) -> Floats:
        """Probabilities, where a fuller copy is as likely as the comparable copies that it replaces."""
        copy = np.flatnonzero(self.fuller >= 0)
        full = self.fuller[copy]
        alike = self.n_words[copy] >= _COMPARABLE * self.n_words[full]
        found = probability.copy()
        np.maximum.at(found, full[alike], probability[copy[alike]])
        return found

    def dropped(self, keep: NDArray[np.bool_], probability: Floats, raised: Floats) -> Ints:
        """Numbers of the kept blocks that another kept block makes superfluous."""
        kept = np.flatnonzero(keep)
        likeliest = kept[np.argsort(-raised[kept], kind="stable")]
        once = likeliest[np.unique(self.same[likeliest], return_index=True)[1]]
        copy = kept[self.fuller[kept] >= 0]
        full = self.fuller[copy]
        return np.union1d(np.setdiff1d(kept, once), copy[keep[full] & (raised[full] >= probability[copy])])


def find_copies(document: Document, n_words: Floats, shared: Floats) -> Copies:
    """Long texts that the page says again: the same, or nearly and less fully.

    ``shared`` is the share of each block's long words that other blocks have too.
    """
    own = np.arange(len(n_words))
    tags, owners = document.elements.tag, document.blocks.owner
    free = np.array([tags[owner] in _TABLE or tags[owner] in VERBATIM for owner in owners], dtype=bool)
    same = np.where((n_words >= LONG_TEXT) & ~free, first_copies(document.blocks.text), own)
    long = (n_words >= _LEAST_WORDS) & ~free & (same == own)
    fuller = np.full(len(own), -1, dtype=np.int64)
    least = _LEAST_CONTAINED_LINES if document.plain else _LEAST_CONTAINED
    copies = np.flatnonzero(long & (shared >= least)).tolist()
    if copies:
        by_size = sorted(np.flatnonzero(long).tolist(), key=lambda number: -n_words[number])
        _link(document.blocks.text, copies, by_size, least, fuller)
        fuller = fuller[same]
    return Copies(same, fuller, n_words)


def _link(texts: list[str], copies: list[int], by_size: list[int], least: float, fuller: Ints) -> None:
    """Write into ``fuller``, for each of ``copies``, an earlier one of ``by_size`` that has its words."""
    may_repeat = set(copies)
    words_of = {number: _long_words(texts[number]) for number in by_size}
    holders: dict[str, list[int]] = defaultdict(list)
    for number in by_size:
        words = words_of[number]
        if number in may_repeat and len(words) >= _LEAST_DISTINCT:
            near = Counter(chain.from_iterable(holders.get(word, ()) for word in words))
            for other, _ in near.most_common(_COMPARED):
                if len(words & words_of[other]) >= least * len(words):
                    fuller[number] = other if fuller[other] < 0 else fuller[other]
                    break
        for word in words:
            if len(there := holders[word]) < _MOST_HOLDERS:
                there.append(number)


def _long_words(text: str) -> set[str]:
    return {word for word in tokens(text) if len(word) >= _LONG_WORD}
