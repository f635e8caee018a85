"""Repeated text: which blocks say what another block says more fully.

Containment (Broder 1997, "On the resemblance and containment of documents") over word 4-grams. Few blocks of
a page repeat others, and which may is known from the features, so their n-grams are compared exactly; MinHash
is for collections too large for that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import VERBATIM, Document
from pagesieve.features.page import first_copies
from pagesieve.words import tokens

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Gram = tuple[str, ...]
Grams = dict[Gram, None]

# A text of so many words is given once: pages repeat paragraphs for other screens, previews and quotes.
# Shorter repetitions are refrains, labels and lines of code.
LONG_TEXT = 10
# Of longer ones a block is a copy, too, if a fuller one has such a share of its n-grams. One changed word
# changes four of them.
_LEAST_WORDS, _LEAST_CONTAINED = 20, 0.8
_GRAM = 4
# N-grams by which candidates are found.
_SAMPLES = 10
# An n-gram in more blocks than this is a formula ("all rights reserved by"); to look at all pairs of them
# would cost the square.
_MOST_HOLDERS = 8
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


def find_copies(document: Document, n_words: Floats, said: Floats) -> Copies:
    """Long texts that the page says again: the same, or nearly and less fully.

    ``said`` is the share of each block's word 4-grams that blocks before it, or after it, have too.
    """
    own = np.arange(len(n_words))
    tags, owners = document.elements.tag, document.blocks.owner
    free = np.array([tags[owner] in _TABLE or tags[owner] in VERBATIM for owner in owners], dtype=bool)
    same = np.where((n_words >= LONG_TEXT) & ~free, first_copies(document.blocks.text), own)
    long = (n_words >= _LEAST_WORDS) & ~free & (same == own)
    fuller = np.full(len(own), -1, dtype=np.int64)
    copies = np.flatnonzero(long & (said >= _LEAST_CONTAINED)).tolist()
    if copies:
        by_size = sorted(np.flatnonzero(long).tolist(), key=lambda number: -n_words[number])
        _link(document.blocks.text, copies, by_size, fuller)
        fuller = fuller[same]
    return Copies(same, fuller, n_words)


def _link(texts: list[str], copies: list[int], by_size: list[int], fuller: Ints) -> None:
    """Write into ``fuller``, for each of ``copies``, the largest earlier one of ``by_size`` that has it."""
    repeating = set(copies)
    grams_of = {number: _grams(texts[number]) for number in by_size}
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number in by_size:
        grams = grams_of[number]
        if number in repeating:
            near = chain.from_iterable(holders.get(gram, ()) for gram in _sample(grams))
            for other in dict.fromkeys(near):
                if len(grams.keys() & grams_of[other].keys()) >= _LEAST_CONTAINED * len(grams):
                    fuller[number] = other if fuller[other] < 0 else fuller[other]
                    break
        for gram in grams:
            if len(there := holders[gram]) < _MOST_HOLDERS:
                there.append(number)


def _sample(grams: Grams) -> Iterator[Gram]:
    """Some n-grams all over the text; whatever contains nearly all of them has one of these."""
    return islice(grams, 0, None, max(len(grams) // _SAMPLES, 1))


def _grams(text: str) -> Grams:
    """The word n-grams of a text, in order."""
    words = tokens(text)
    return dict.fromkeys(zip(*(words[start:] for start in range(_GRAM)), strict=False))
