"""All examples as one long page, so that what one page needs is computed for a whole corpus at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pagesieve.features import learned_features, stack
from pagesieve.features.lexicon import Ragged, TokenColumns
from training.dataset import PARTS, Example, block_weights

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


# A token seen on fewer pages than this says nothing that carries over to other sites.
LEAST_PAGES_WORD = 8
LEAST_PAGES_NAME = 6
# Share of content among all blocks, and among those of each of ``NAME_KINDS``.
_PRIOR = 0.3
_NAME_PRIORS = (_PRIOR, 0.6, 0.2)
# Levels above a block whose names are counted; deeper nesting is rare and repeats what is nearer.
MOST_LEVELS = 60
# Of the headings over a block the nearest, and the one above that in rank, say what stands under them.
_HEADINGS_COUNTED = 2


@dataclass(frozen=True, slots=True)
class Pool:
    """Blocks of many pages in one table; row ranges of the pages are ``starts[i]:starts[i + 1]``."""

    examples: list[Example]
    """Without words and names of their own; their ``fixed`` are rows of the pool's, to save memory."""
    starts: Ints
    page: Ints
    fixed: Floats
    fixed_names: tuple[str, ...]
    tokens: TokenColumns
    """Of all pages; ``by_part`` holds the same part by part."""
    by_part: dict[int, TokenColumns]
    words: tuple[str, ...]
    names: tuple[str, ...]
    content: NDArray[np.bool_]
    weight: Floats


def build_pool(examples: Sequence[Example]) -> Pool:
    """Pool the examples, sorted by part."""
    examples = sorted(examples, key=lambda example: example.part)
    sizes = [len(example.texts) for example in examples]
    words, word_ids = _common_numbers([example.words for example in examples])
    names, name_ids = _common_numbers([example.names for example in examples])
    by_part = {}
    for part in sorted({example.part for example in examples}):
        members = [number for number, example in enumerate(examples) if example.part == part]
        by_part[part] = _join_tokens(
            [examples[number].tokens for number in members],
            [word_ids[number] for number in members],
            [name_ids[number] for number in members],
        )
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    fixed = np.concatenate([example.fixed for example in examples])
    tokens = _join_tokens([example.tokens for example in examples], word_ids, name_ids)
    return Pool(
        examples=[
            replace(example, fixed=fixed[start:end], words=[], names=[])
            for example, start, end in zip(examples, starts[:-1].tolist(), starts[1:].tolist(), strict=True)
        ],
        starts=starts,
        page=np.repeat(np.arange(len(examples)), sizes),
        fixed=fixed,
        fixed_names=examples[0].fixed_names,
        tokens=tokens,
        by_part=by_part,
        words=words,
        names=names,
        content=np.concatenate([example.alignment.content for example in examples]),
        weight=np.concatenate([block_weights(example) for example in examples]),
    )


def _common_numbers(vocabularies: list[list[str]]) -> tuple[tuple[str, ...], list[Ints]]:
    """One numbering for all pages, and of each page's own numbers the common ones."""
    numbers: dict[str, int] = {}
    maps = [
        np.array([numbers.setdefault(token, len(numbers)) for token in vocabulary], dtype=np.int64)
        for vocabulary in vocabularies
    ]
    return tuple(numbers), maps


def _join_tokens(pages: list[TokenColumns], words: list[Ints], names: list[Ints]) -> TokenColumns:
    elements = _shifts([len(page.kind) for page in pages])
    kinds = _shifts([len(page.names) for page in pages])
    headings = _shifts([len(page.headings) for page in pages])
    return TokenColumns(
        words=_join_ragged([page.words for page in pages], words),
        prose=np.concatenate([page.prose for page in pages]),
        phrases=np.concatenate([number[page.phrases] for page, number in zip(pages, words, strict=True)]),
        names=_join_ragged([page.names for page in pages], names),
        kind=np.concatenate([page.kind + shift for page, shift in zip(pages, kinds, strict=True)]),
        parent=np.concatenate([page.parent + shift for page, shift in zip(pages, elements, strict=True)]),
        depth=np.concatenate([page.depth for page in pages]),
        rungs=np.concatenate(
            [page.rungs + shift for page, shift in zip(pages, elements, strict=True)], axis=1
        ),
        headings=_join_ragged([page.headings for page in pages], words),
        above=np.concatenate(
            [
                np.where(page.above >= 0, page.above + shift, -1)
                for page, shift in zip(pages, headings, strict=True)
            ],
            axis=1,
        ),
        passed=np.concatenate(
            [
                np.where(page.passed >= 0, page.passed + shift, -1)
                for page, shift in zip(pages, headings, strict=True)
            ]
        ),
        first_headings=headings,
    )


def _shifts(sizes: list[int]) -> Ints:
    return np.cumsum([0, *sizes])[:-1]


def _join_ragged(rows: list[Ragged], maps: list[Ints]) -> Ragged:
    ids = np.concatenate([numbers[row.ids] for row, numbers in zip(rows, maps, strict=True)])
    lengths = np.concatenate([np.diff(row.starts) for row in rows])
    return Ragged(ids, np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Evidence for each token by part (shape: PARTS, n_tokens): pages' shares of content and of the rest."""

    content: Floats
    other: Floats
    pages: Floats

    def log_odds(self, parts: list[int], *, least_pages: int, prior: float, strength: float = 4.0) -> Floats:
        """Smoothed log-odds of content, against the prior's; 0 for tokens on too few pages."""
        content, other = self.content[parts].sum(0), self.other[parts].sum(0)
        odds = np.log((content + strength * prior) / (other + strength * (1 - prior)))
        known = self.pages[parts].sum(0) >= least_pages
        return np.where(known, np.round(odds - np.log(prior / (1 - prior)), 3), 0).astype(np.float32)


def count_words(pool: Pool) -> TokenCounts:
    """Each page with a word votes with the share of its blocks with that word that are content.

    A word of a heading votes, as another token, with the blocks under that heading.
    """
    tokens = pool.tokens
    rows = [np.repeat(np.arange(len(tokens.words)), np.diff(tokens.words.starts)), np.arange(len(pool.page))]
    ids = [tokens.words.ids, tokens.phrases]
    for above in tokens.above[:_HEADINGS_COUNTED]:
        under = np.flatnonzero(above >= 0)
        found, which = gather(tokens.headings, above[under])
        ids.append(found)
        rows.append(under[which])
    row = np.concatenate(rows)
    return _count(pool, np.concatenate(ids), row, np.ones(len(row), dtype=np.float32), len(pool.words))


def gather(ragged: Ragged, rows: Ints) -> tuple[Ints, Ints]:
    """Ids in these rows, and of each the place in ``rows`` that it comes from."""
    counts = np.diff(ragged.starts)[rows]
    which = np.repeat(np.arange(len(rows)), counts)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return ragged.ids[ragged.starts[rows][which] + offset], which


def count_names(pool: Pool) -> tuple[TokenCounts, ...]:
    """Counts for each of ``NAME_KINDS``."""
    prose = pool.tokens.prose
    return tuple(_names_over(pool, which) for which in (np.ones_like(prose), prose, ~prose))


def _names_over(pool: Pool, blocks: NDArray[np.bool_]) -> TokenCounts:
    """Each page with a name votes with the share of what stands under elements so called that is content."""
    token, row = name_occurrences(pool, blocks)
    return _count(pool, token, row, pool.weight[row], len(pool.names))


def name_occurrences(pool: Pool, blocks: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Every name with every one of the ``blocks`` under an element so called."""
    tokens = pool.tokens
    rows, ids = [], []
    current = tokens.rungs[0].copy()
    alive = np.flatnonzero(blocks)
    # Climb from all blocks at once; roots are their own parents.
    while len(alive):
        here = current[alive]
        found, which = gather(tokens.names, tokens.kind[here])
        ids.append(found)
        rows.append(alive[which])
        above = tokens.parent[here]
        current[alive] = above
        alive = alive[above != here] if len(rows) < MOST_LEVELS else alive[:0]
    return np.concatenate(ids), np.concatenate(rows)


def _count(pool: Pool, token: Ints, row: Ints, weight: Floats, n_tokens: int) -> TokenCounts:
    page = pool.page[row]
    key = page * n_tokens + token
    keys, inverse = np.unique(key, return_inverse=True)
    total = np.bincount(inverse, weights=weight)
    content = np.bincount(inverse, weights=weight * pool.content[row])
    share = content / np.maximum(total, 1e-9)
    trust = np.array([example.trust for example in pool.examples])[keys // n_tokens]
    part = np.array([example.part for example in pool.examples])[keys // n_tokens]
    cell = part * n_tokens + keys % n_tokens
    shape = (PARTS, n_tokens)

    def table(values: NDArray[np.float64]) -> Floats:
        return np.bincount(cell, weights=values, minlength=PARTS * n_tokens).reshape(shape).astype(np.float32)

    return TokenCounts(table(share * trust), table((1 - share) * trust), table(np.ones(len(keys))))


@dataclass(frozen=True, slots=True)
class Counts:
    """Evidence for words and, for each of ``NAME_KINDS``, for names."""

    words: TokenCounts
    names: tuple[TokenCounts, ...]

    def word_weights(self, parts: list[int]) -> Floats:
        """Log-odds learned from ``parts`` (shape: 1, n_words)."""
        return self.words.log_odds(parts, least_pages=LEAST_PAGES_WORD, prior=_PRIOR)[None]

    def name_weights(self, parts: list[int]) -> Floats:
        """Log-odds learned from ``parts`` (shape: NAME_KINDS, n_names)."""
        return np.stack(
            [
                counts.log_odds(parts, least_pages=LEAST_PAGES_NAME, prior=prior)
                for counts, prior in zip(self.names, _NAME_PRIORS, strict=True)
            ]
        )


def count_tokens(pool: Pool) -> Counts:
    return Counts(count_words(pool), count_names(pool))


class Lexicons(Protocol):
    """Log-odds of a pool's tokens, learned from some of the parts."""

    def word_weights(self, parts: list[int]) -> Floats: ...

    def name_weights(self, parts: list[int]) -> Floats: ...


def learned_columns(pool: Pool, counts: Lexicons, parts: list[int]) -> tuple[Floats, tuple[str, ...]]:
    """Lexicon features of every block, learned from ``parts`` without the block's own part.

    Leaving the own part out gives training rows the kind of value that an unseen page will have.
    """
    tables = []
    for part, tokens in pool.by_part.items():
        known = [number for number in parts if number != part]
        page = _page_numbers(pool, part)
        columns = learned_features(tokens, counts.word_weights(known), counts.name_weights(known), page)
        tables.append(stack(columns))
    return np.concatenate(tables), tuple(columns)


def _page_numbers(pool: Pool, part: int) -> Ints:
    pages = [number for number, example in enumerate(pool.examples) if example.part == part]
    return np.repeat(pages, [len(pool.examples[number].texts) for number in pages])
