"""Everything measured on a page, by name: what rules judge and models see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.choose import expected_scores
from pagesieve.language import detect
from pagesieve.quality.markup import markup_text, measure_markup
from pagesieve.quality.prose import Measures, measure_text

Floats = NDArray[np.float32]
# A block whose probability is between these says that the classifier does not know.
_UNSURE = (0.2, 0.8)
_FINISHED = (".", "!", "?", "。", "！", "？")
# Characters of a page whose wording is judged.
_MOST_CHARS = 20_000
_TINY = 1e-6


@dataclass(frozen=True)  # without slots, which rule out cached properties
class Cleaned:
    """What the models look at: a page, the probability, decision and words of each block, and its address."""

    document: Document
    probability: Floats
    keep: NDArray[np.bool_]
    n_words: Floats
    url: str | None = None

    @cached_property
    def language(self) -> str:
        """ISO 639-1 code of the content's language, or of the whole page's where that is too short."""
        return detect(self.text) or detect("\n".join(self.document.blocks.text))

    @cached_property
    def text(self) -> str:
        """Kept blocks, one a line."""
        texts = self.document.blocks.text
        return "\n".join([texts[number] for number in np.flatnonzero(self.keep)])


def measure(page: Cleaned) -> Measures:
    """All measures of a page but those of ``WORDINGS``, which a model makes."""
    text = page.text
    return (
        measure_text(text, page.language)
        | measure_markup(page.document, page.keep.tolist(), text, page.url, page.language)
        | _measure_content(page)
    )


def _measure_content(page: Cleaned) -> Measures:
    """What the block classifier makes of the page."""
    words, mass = page.n_words, page.n_words * page.probability
    links = np.array(page.document.blocks.link_chars, dtype=np.float32)
    chars = np.array([len(text) for text in page.document.blocks.text], dtype=np.float32)
    total = max(float(words.sum()), 1.0)
    return {
        "content_words": float(words[page.keep].sum()),
        "content_share": float(words[page.keep].sum()) / total,
        "expected_share": float(mass.sum()) / total,
        "expected_words": float(np.log1p(mass.sum())),
        "best_probability": float(page.probability.max(initial=0)),
        "content_link_share": float(links[page.keep].sum()) / max(float(chars[page.keep].sum()), 1.0),
    }


def wording_text(page: Cleaned) -> str:
    """The text whose wording is judged: title and content."""
    return f"{page.document.title}\n{page.text}"


def page_text(page: Cleaned) -> str:
    """Title and everything that is said on a page, in the content or around it."""
    return "\n".join((page.document.title, *page.document.blocks.text))[:_MOST_CHARS]


# Texts of a page of which a linear model says how much they resemble those of spam, by the measure it makes.
WORDINGS: dict[str, Callable[[Cleaned], str]] = {
    "wording": wording_text,
    "page_wording": page_text,
    "markup": lambda page: markup_text(page.document),
}


def state_text(texts: Mapping[str, str]) -> str:
    """What tells the state of a page, of its texts by their names in ``WORDINGS``."""
    return f"{texts['wording']}\n{texts['markup']}"


def measure_certainty(page: Cleaned) -> Measures:
    """How sure the block classifier is of this page: what the confidence of its extraction rests on."""
    blocks = page.document.blocks
    if not len(blocks):
        return dict.fromkeys(CERTAINTY, 0.0)
    texts = [blocks.text[number] for number in np.flatnonzero(page.keep)]
    chars = np.array([len(text) for text in blocks.text], dtype=np.float32)
    links = np.array(blocks.link_chars, dtype=np.float32)
    return _certainty(page.probability, page.keep, page.n_words) | {
        "kept_link_share": float(links[page.keep].sum() / max(chars[page.keep].sum(), 1.0)),
        "link_share": float(links.sum() / max(chars.sum(), 1.0)),
        "finished_share": sum(text.endswith(_FINISHED) for text in texts) / max(len(texts), 1),
        "distinct_share": len(set(texts)) / max(len(texts), 1),
    }


def _certainty(probability: Floats, keep: NDArray[np.bool_], n_words: Floats) -> Measures:
    words = np.maximum(n_words, 0.5)
    mass = probability * words
    total, kept, expected = float(words.sum()), float(words[keep].sum()), float(mass.sum())
    agreed, n_kept = float(mass[keep].sum()), max(int(keep.sum()), 1)
    order, scores = expected_scores(probability, n_words, 1.0)
    safe = np.clip(probability, 1e-4, 1 - 1e-4)
    entropy = -(safe * np.log2(safe) + (1 - safe) * np.log2(1 - safe))
    unsure = float(words[(probability > _UNSURE[0]) & (probability < _UNSURE[1])].sum())
    starts = np.count_nonzero(keep[1:] & ~keep[:-1]) + bool(keep[0])
    return {
        "expected_f1": 2 * agreed / max(kept + expected, _TINY),
        "best_expected_f1": float(scores.max()),
        "expected_precision": agreed / max(kept, _TINY),
        "expected_recall": agreed / max(expected, _TINY),
        "entropy": float((entropy * words).sum()) / total,
        "kept_entropy": float((entropy * words)[keep].sum()) / max(kept, _TINY),
        "block_entropy": float(entropy.mean()),
        "unsure_share": unsure / total,
        "unsure_mass": unsure / max(expected, _TINY),
        "kept_words": float(np.log1p(kept)),
        "expected_words": float(np.log1p(expected)),
        "page_words": float(np.log1p(total)),
        "kept_share": kept / total,
        "blocks": float(np.log1p(len(words))),
        "kept_blocks": float(np.log1p(n_kept)),
        "least_kept": float(probability[keep].min(initial=1)),
        "best": float(probability.max()),
        "kept_low": _quantile(probability[keep], words[keep], 0.1),
        "kept_middle": _quantile(probability[keep], words[keep], 0.5),
        "left_high": _quantile(probability[~keep], words[~keep], 0.9),
        "left_highest": _quantile(probability[~keep], words[~keep], 0.99),
        "stretches": float(np.log1p(starts)),
        "longest_share": float(words[keep].max(initial=0)) / max(kept, _TINY),
        "words_a_block": kept / n_kept,
        "place": float(order[:n_kept].mean()) / len(words),
    }


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """Weighted quantile; 0 without values."""
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order][min(int(np.searchsorted(sums, share * sums[-1])), len(values) - 1)])


_ONE = np.zeros(1, dtype=np.float32)
# Names of what ``measure_certainty`` gives, in its order.
CERTAINTY = (
    *_certainty(_ONE, _ONE > 0, _ONE), "kept_link_share", "link_share", "finished_share", "distinct_share",
)  # fmt: skip
