"""Gold text → which blocks of the page are content.

People mark text, not tags. The gold words are aligned to the words of the page's blocks with a monotone
alignment (longest increasing chain of shared word n-grams, after Hunt and Szymanski 1977, from long
n-grams to single words inside the gaps), repeated on what is left for gold in another order. A
block's coverage is the share of its words that found a partner.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pagesieve.words import tokens
from training.metrics import bag_score

# Long n-grams anchor; single words may only match inside a gap between anchors.
_ANCHORS = (8, 4, 2)
# An n-gram that occurs more often than this on the page says little about where it stands.
_MOST_CANDIDATES = 12
# Cells of a word-by-word comparison inside one gap, and words away from an anchor that may still match.
_MOST_CELLS = 250_000
_REACH = 60
_KEEP_COVERAGE = 0.5
# Of copies of a text with so many words it does not matter to the gold which one is meant.
_LONG_TEXT = 10
# How often what is left is aligned again, for gold in another order than the page.
_PASSES = 4

Span = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Coverage of each block (share of its words in the gold, 0..1), the labels, and their word F1."""

    coverage: NDArray[np.float32]
    content: NDArray[np.bool_]
    ceiling: float


def align(texts: list[str], gold: str) -> Alignment:
    """Align gold text with the texts of a page's blocks, both in document order."""
    block_words = [tokens(text) for text in texts]
    page = [word for words in block_words for word in words]
    owner = [number for number, words in enumerate(block_words) for _ in words]
    wanted = tokens(gold)
    matched = np.zeros(len(texts), dtype=np.int64)
    for position in _match(page, wanted):
        matched[owner[position]] += 1
    sizes = np.array([len(words) for words in block_words], dtype=np.int64)
    coverage = (matched / np.maximum(sizes, 1)).astype(np.float32)
    bags = [Counter(words) for words in block_words]
    content = _first_copies(texts, sizes, _refine(bags, coverage, Counter(wanted)))
    chosen = sum((bags[number] for number in np.flatnonzero(content)), Counter[str]())
    return Alignment(coverage, content, bag_score(chosen, Counter(wanted)).f1)


def _first_copies(
    texts: list[str], sizes: NDArray[np.int64], content: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of a long text that occurs more than once the earliest copies are content, as many as were matched."""
    copies: dict[str, list[int]] = defaultdict(list)
    for number in np.flatnonzero(sizes >= _LONG_TEXT).tolist():
        copies[texts[number]].append(number)
    for numbers in copies.values():
        if len(numbers) > 1:
            content[numbers] = np.sort(content[numbers])[::-1]
    return content


def _match(page: list[str], gold: list[str]) -> list[int]:
    """Positions of the page's words that have a partner in the gold."""
    pairs = _chain(page, gold)
    used_page, used_gold = {p for p, _ in pairs}, {g for _, g in pairs}
    for _ in range(_PASSES):
        rest_page = [p for p in range(len(page)) if p not in used_page]
        rest_gold = [g for g in range(len(gold)) if g not in used_gold]
        again = _anchored([page[p] for p in rest_page], [gold[g] for g in rest_gold], _ANCHORS[1])
        if not again:
            break
        used_page |= {rest_page[p] for p, _ in again}
        used_gold |= {rest_gold[g] for _, g in again}
    return sorted(used_page)


def _chain(page: list[str], gold: list[str]) -> list[tuple[int, int]]:
    """Monotone pairs ``(page position, gold position)``: anchors first, then the gaps between them."""
    pairs: list[tuple[int, int]] = []
    for size in _ANCHORS:
        found = []
        for p0, p1, g0, g1 in _gaps(pairs, len(page), len(gold)):
            local = _anchored(page[p0:p1], gold[g0:g1], size)
            found += [(p0 + p, g0 + g) for p, g in local]
        pairs = sorted(pairs + found)
    found = []
    for span in _gaps(pairs, len(page), len(gold)):
        found += _word_by_word(page, gold, span)
    return sorted(pairs + found)


def _gaps(pairs: list[tuple[int, int]], n_page: int, n_gold: int) -> list[Span]:
    """Rectangles ``(page from, to, gold from, to)`` between consecutive pairs that hold words of both."""
    borders = [(-1, -1), *pairs, (n_page, n_gold)]
    spans = [(p0 + 1, p1, g0 + 1, g1) for (p0, g0), (p1, g1) in pairwise(borders)]
    return [span for span in spans if span[0] < span[1] and span[2] < span[3]]


def _anchored(page: list[str], gold: list[str], size: int) -> list[tuple[int, int]]:
    """Longest increasing chain of shared n-grams, spread out to the words they cover."""
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    wanted = {tuple(gold[g : g + size]) for g in range(len(gold) - size + 1)}
    for p in range(len(page) - size + 1):
        gram = tuple(page[p : p + size])
        if gram in wanted:
            where[gram].append(p)
    candidates = []
    for g in range(len(gold) - size + 1):
        places = where.get(tuple(gold[g : g + size]), ())
        if len(places) <= _MOST_CANDIDATES:
            candidates += [(p, g) for p in reversed(places)]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for p, g in _longest_increasing(candidates):
        for step in range(size):
            if p + step not in pairs and g + step not in taken:
                pairs[p + step] = g + step
                taken.add(g + step)
    return _monotone(sorted(pairs.items()))


def _monotone(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Drop the few pairs by which overlapping n-grams stepped backwards."""
    kept: list[tuple[int, int]] = []
    for pair in pairs:
        if not kept or pair[1] > kept[-1][1]:
            kept.append(pair)
    return kept


def _longest_increasing(candidates: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Longest chain increasing in both coordinates; ``candidates`` ascend in g and descend in p."""
    tails: list[int] = []
    tail_index: list[int] = []
    previous: list[int] = []
    for index, (p, _) in enumerate(candidates):
        length = bisect_left(tails, p)
        previous.append(tail_index[length - 1] if length else -1)
        if length == len(tails):
            tails.append(p)
            tail_index.append(index)
        else:
            tails[length], tail_index[length] = p, index
    chain = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chain.append(candidates[index])
        index = previous[index]
    return chain[::-1]


def _word_by_word(page: list[str], gold: list[str], span: Span) -> list[tuple[int, int]]:
    """Longest common subsequence inside one gap.

    Before the first anchor only words close to it count, and after the last likewise: further away a
    short gold line ("Pros") would find its partner in the menu.
    """
    p0, p1, g0, g1 = span
    if p0 == 0 and p1 < len(page):
        p0 = max(p0, p1 - _REACH - (g1 - g0))
    elif p1 == len(page) and p0 > 0:
        p1 = min(p1, p0 + _REACH + (g1 - g0))
    if (p1 - p0) * (g1 - g0) > _MOST_CELLS:
        return []
    from_end = span[0] == 0 and span[1] < len(page)
    left, right = page[p0:p1], gold[g0:g1]
    if from_end:
        pairs = _common_subsequence(left[::-1], right[::-1])
        return [(p1 - 1 - p, g1 - 1 - g) for p, g in pairs]
    return [(p0 + p, g0 + g) for p, g in _common_subsequence(left, right)]


def _common_subsequence(left: list[str], right: list[str]) -> list[tuple[int, int]]:
    """Pairs of a longest common subsequence, as early in both sequences as possible."""
    names = {word: number for number, word in enumerate(dict.fromkeys(left + right))}
    a = np.array([names[word] for word in left])
    b = np.array([names[word] for word in right])
    # table[i, j]: length for the suffixes a[i:], b[j:]
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=np.int32)
    for i in range(len(a) - 1, -1, -1):
        row = np.where(b == a[i], table[i + 1, 1:] + 1, table[i + 1, :-1])
        table[i, :-1] = np.maximum.accumulate(row[::-1])[::-1]
    pairs, i, j = [], 0, 0
    while i < len(a) and j < len(b) and table[i, j]:
        if a[i] == b[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1, j] >= table[i, j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _refine(bags: list[Counter[str]], coverage: NDArray[np.float32], gold: Counter[str]) -> NDArray[np.bool_]:
    """Keep covered blocks, then flip the undecided ones by which the bag of words agrees better.

    Undecided are blocks of middling coverage.
    """
    content = coverage >= _KEEP_COVERAGE
    chosen = sum((bags[number] for number in np.flatnonzero(content)), Counter[str]())
    undecided = np.flatnonzero((coverage > 0.15) & (coverage < 0.85))
    common, total = (chosen & gold).total(), chosen.total()
    n_gold = gold.total()
    for number in undecided:
        bag = bags[number]
        sign = -1 if content[number] else 1
        gain = 0
        for word, count in bag.items():
            before = min(chosen[word], gold[word])
            gain += min(chosen[word] + sign * count, gold[word]) - before
        n_bag = bag.total()
        old = 2 * common / max(total + n_gold, 1)
        new = 2 * (common + gain) / max(total + sign * n_bag + n_gold, 1)
        if new > old:
            content[number] = not content[number]
            for word, count in bag.items():
                chosen[word] += sign * count
            common, total = common + gain, total + sign * n_bag
    return content
