"""Text without mark-up: the labelled pages as lines → trees and a network, beside those for HTML.

The same recipe as for HTML, cross-validated on the same folds, with the word lexicons of the HTML model: what
a word says of a block does not depend on how the page arrived.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory, Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from pagesieve.blocks import segment
from pagesieve.copies import find_copies
from pagesieve.errors import ModelError
from pagesieve.features import describe, stack
from pagesieve.features.lines import line_columns
from pagesieve.lines import outline
from pagesieve.model import LINES_NETWORK, LINES_WORDING
from pagesieve.network import blend
from pagesieve.roles import ROLES
from training.align import Alignment
from training.corpora import YARDSTICK, LabelledPage
from training.crossval import cross_validate, cross_validate_network
from training.dataset import FOLDS, PARTS, Example, collector, digest, example_sources, load_examples
from training.estimators import ESTIMATORS, keep_estimators
from training.evaluate import extract_all, summarise
from training.export import to_onnx
from training.fit import (
    Forest,
    Recipe,
    first_matrix,
    fit_content_network,
    fit_first,
    fit_second,
    second_matrix,
)
from training.network import NetworkRecipe
from training.noise import Noise, add_noise, adverts, annotated_noise, teaser
from training.pool import Counts, Pool, build_pool, count_tokens
from training.release import add_to_release
from training.releases import damages
from training.renderings import Lines, Rendering, render, with_headline
from training.role_pages import UNLABELLED, annotated_blocks, match_roles
from training.trailers import CutTable, Labelled, build_table, train_trailers
from training.wording import fit_wordings, packed_weights, score_all

Floats = NDArray[np.float32]

# Two or three renderings of a page need no more rows of each.
LINE_RECIPE = Recipe(
    first=Forest(trees=100, leaves=31, rate=0.12), most_rows=80, network=NetworkRecipe(passes=6, share=0.6)
)
_OTHERS = (Rendering.SPACED, Rendering.NODES, Rendering.RAW)
_NEWS = ("fundus_evaluation", "fundus_tests", "newspaper_tests", "magic_html_bench")
_SOURCES = (
    "training/lines.py", "training/renderings.py", "training/noise.py", "pagesieve/lines.py",
    "pagesieve/features/lines.py", "training/role_pages.py", "training/annotations/roles.jsonl",
)  # fmt: skip
# Times a page of the news kind is given with noise, each time with other noise.
_NOISY_COPIES = 2
# Language of pages that do not say which, and of nearly all pages that sell.
_MAIN_LANGUAGE = "en"
_EVERY_FOLD = set(range(FOLDS))


@dataclass(frozen=True, slots=True)
class LineExample(Example):
    """A labelled page as lines."""

    rendering: Rendering


@dataclass(frozen=True, slots=True)
class Borrowed:
    """The lexicons of the HTML model under the numbers of another pool (``words``, ``names``: -1 unknown)."""

    counts: Counts
    words: NDArray[np.int64]
    names: NDArray[np.int64]

    def word_weights(self, parts: list[int]) -> Floats:
        return _take(self.counts.word_weights(parts), self.words)

    def name_weights(self, parts: list[int]) -> Floats:
        return _take(self.counts.name_weights(parts), self.names)


def _take(weights: Floats, numbers: NDArray[np.int64]) -> Floats:
    padded = np.concatenate((weights, np.zeros((len(weights), 1), dtype=np.float32)), axis=1)
    return np.ascontiguousarray(padded[:, numbers])


def _places(known: tuple[str, ...], wanted: tuple[str, ...]) -> NDArray[np.int64]:
    numbers = {token: number for number, token in enumerate(known)}
    return np.array([numbers.get(token, -1) for token in wanted], dtype=np.int64)


def train_lines(
    corpora: Path, base: Path, cache: Path, jobs: int, recipe: Recipe = LINE_RECIPE
) -> tuple[Path, dict[str, Any]]:
    """Fit the models for lines to the release in ``base`` and write one beside it that holds both.

    Raises
    ------
    BadInput
        There are no corpora.
    ModelError
        The release cannot be used, or the new one would be too large.
    """
    if damaged := damages(base):
        raise ModelError(f"{base.name} cannot be used: {damaged[0]}; restore it or train again")
    pool, lexicons, cuts = _read(corpora, cache, jobs, recipe.seed)
    trailers, found = train_trailers(cuts, recipe.seed)
    entry, estimators, made = build_lines(pool, lexicons, jobs, recipe)
    estimators["trailers"] = trailers
    entry |= {"trailers": found, "estimators": keep_estimators(cache, estimators)}
    files = {ESTIMATORS["lines"][name]: to_onnx(model) for name, model in estimators.items()}
    return add_to_release(base.parent, base, files | made, {"lines": entry}), entry


def _read(corpora: Path, cache: Path, jobs: int, seed: int) -> tuple[Pool, Borrowed, CutTable]:
    """The pages as lines, with the lexicons that the same pages give as HTML, and blocks glued on purpose."""
    examples = load_examples(corpora, cache, jobs)
    html = build_pool(examples)
    counts = count_tokens(html)
    pages = [
        Labelled(page.fold, page.texts, page.alignment.content, page.alignment.coverage) for page in examples
    ]
    cuts = build_table(pages, [_without(fold, counts, html.words) for fold in range(FOLDS)], seed)
    words, names = html.words, html.names
    found = load_line_examples(examples, cache, jobs)
    del html, pages, examples  # both sets at once would take twice the memory
    lines = build_pool(found)
    return lines, Borrowed(counts, _places(words, lines.words), _places(names, lines.names)), cuts


def _without(fold: int, counts: Counts, words: tuple[str, ...]) -> dict[str, float]:
    """Log-odds of words, learned without a fold."""
    weights = counts.word_weights([part for part in range(PARTS) if part % FOLDS != fold])[0]
    return {words[number]: float(weights[number]) for number in np.flatnonzero(weights).tolist()}


def build_lines(
    pool: Pool, lexicons: Borrowed, jobs: int, recipe: Recipe
) -> tuple[dict[str, Any], dict[str, Any], dict[str, bytes]]:
    """Cross-validate, fit on everything.

    The entry in the manifest, the estimators of both stages, and the files of the network and of the wording.
    """
    weights = fit_wordings(pool, recipe, jobs)
    worded = score_all(pool, weights)
    first, trees = cross_validate(pool, lexicons, recipe, jobs, worded)
    network = cross_validate_network(pool, lexicons, recipe, jobs, worded)
    figures = line_figures(pool, blend(trees, network, recipe.network.share))
    matrix, first_names = first_matrix(pool, lexicons, _EVERY_FOLD, worded)
    context, second_names = second_matrix(pool, first)
    estimators = {
        "first": fit_first(pool, matrix, _EVERY_FOLD, recipe),
        "second": fit_second(pool, context, _EVERY_FOLD, recipe),
    }
    features = {"first": list(first_names), "second": list(second_names)}
    entry = {"recipe": asdict(recipe), "features": features, "figures": figures}
    files = {
        LINES_NETWORK: fit_content_network(pool, matrix, _EVERY_FOLD, recipe, "fitting the network").packed(),
        LINES_WORDING: packed_weights(weights[frozenset(_EVERY_FOLD)]),
    }
    return entry, estimators, files


def line_figures(pool: Pool, probability: Floats) -> dict[str, Any]:
    """Out-of-fold figures by rendering, corpus and page type, and those of keeping every line."""
    figures: dict[str, Any] = {"classifier": {}, "every line": {}}
    for name, given in (("classifier", probability), ("every line", np.ones_like(probability))):
        by_rendering = defaultdict(list)
        for example, result in zip(pool.examples, extract_all(pool, given), strict=True):
            assert isinstance(example, LineExample)
            by_rendering[example.rendering].append(result)
        for rendering, results in sorted(by_rendering.items()):
            groups = summarise(results)
            wanted = groups if rendering is Rendering.BLOCKS else {YARDSTICK: groups[YARDSTICK]}
            figures[name][str(rendering)] = wanted
    return figures


def load_line_examples(examples: list[Example], cache: Path, jobs: int) -> list[LineExample]:
    """Every page in two to four renderings; cached by corpus."""
    cached = Memory(cache, verbose=0).cache(_corpus_lines, ignore=["examples", "noise", "jobs"])
    root = Path(__file__).parents[1]
    code = digest([*example_sources(), *(root / name for name in _SOURCES)])
    labels = sha256(b"".join(page.alignment.content.tobytes() for page in examples)).hexdigest()
    noise = _noise(examples)
    corpora: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        corpora[example.page.corpus].append(example)
    found: list[LineExample] = []
    for name, pages in corpora.items():
        found += cached(name, pages, noise, jobs, labels=labels, code=code)
    return found


def _noise(examples: list[Example]) -> dict[tuple[int, str], Noise]:
    """Noise by fold and language: no text may stand on both sides of a split."""
    found: dict[tuple[int, str], Noise] = defaultdict(Noise)
    annotated = annotated_blocks()
    for example in examples:
        page, content = example.page, example.alignment.content.tolist()
        noise = found[_lender(example)]
        if _is_news(page) and (one := teaser(page.html, example.texts, content)):
            noise.teasers.append(one)
        noise.adverts.extend(adverts(page, example.texts, content))
        if given := annotated.get((page.corpus, page.id)):
            said = match_roles(example.texts, given).tolist()
            roles = [None if number == UNLABELLED else ROLES[number] for number in said]
            lent = annotated_noise(roles, example.texts, content)
            noise.adverts.extend(lent.adverts)
            noise.rails.extend(lent.rails)
    english = {fold: found[fold, _MAIN_LANGUAGE].adverts for fold in range(FOLDS)}
    for (fold, _), noise in found.items():
        noise.adverts.extend([] if noise.adverts else english[fold])
    return found


def _lender(example: Example) -> tuple[int, str]:
    return example.fold, example.page.language or _MAIN_LANGUAGE


def _is_news(page: LabelledPage) -> bool:
    return page.page_type == "article" or page.corpus in _NEWS


def _corpus_lines(
    name: str,
    examples: list[Example],
    noise: dict[tuple[int, str], Noise],
    jobs: int,
    labels: str,
    code: str,
) -> list[LineExample]:
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=8)(
        delayed(_renderings)(example.page, example.part, example.alignment, _drawn(example, noise))
        for example in examples
    )
    rows = tqdm(work, desc=f"lines of {name}", total=len(examples))
    return [example for page in rows for example in page if example.texts]


def _drawn(example: Example, noise: dict[tuple[int, str], Noise]) -> list[Noise]:
    """Noise for each noisy rendering of a page; none for pages that are not of the news kind."""
    if not _is_news(example.page):
        return []
    lent = noise[_lender(example)]
    rng = random.Random(example.page.id)
    return [lent.drawn(rng, example.texts) for _ in range(_NOISY_COPIES)]


def _renderings(page: LabelledPage, part: int, alignment: Alignment, lent: list[Noise]) -> list[LineExample]:
    document = segment(page.html)
    content = with_headline(document, alignment.content)
    chosen = _OTHERS[sha256(page.id.encode()).digest()[0] % len(_OTHERS)]
    found = [
        _example(page, part, render(page.html, document, content, rendering), rendering, alignment.ceiling)
        for rendering in (Rendering.BLOCKS, chosen)
    ]
    own = teaser(page.html, document.blocks.text, alignment.content.tolist())
    rng = random.Random(page.id)
    for noise in lent:
        lines = render(page.html, document, content, Rendering.BLOCKS)
        noisy = _noisy(lines, noise, own.headline if own else "", rng)
        found.append(_example(page, part, noisy, Rendering.NOISY, alignment.ceiling))
    return found


def _noisy(lines: Lines, noise: Noise, headline: str, rng: random.Random) -> Lines:
    shown = [line for line in lines.text.splitlines() if line.strip()]
    rows = add_noise(list(zip(shown, lines.content.tolist(), strict=True)), noise, headline, rng)
    gap = rng.choice(["\n", "\n\n"])
    text = gap.join(" ".join(line.split()) for line, _ in rows)
    return Lines(text, np.array([kept for _, kept in rows], dtype=bool))


def _example(
    page: LabelledPage, part: int, lines: Lines, rendering: Rendering, ceiling: float
) -> LineExample:
    document = outline(lines.text)
    words: dict[str, int] = {}
    names: dict[str, int] = {}
    description = describe(document, (collector(words), collector(names)))
    fixed = line_columns(document, description.fixed)
    return LineExample(
        page=replace(page, html=""),
        part=part,
        texts=document.blocks.text,
        fixed=stack(fixed),
        fixed_names=tuple(fixed),
        tokens=description.tokens,
        around=description.around,
        n_words=description.n_words,
        copies=find_copies(document, description.n_words, description.shared),
        type_tokens=[],
        words=list(words),
        names=list(names),
        alignment=Alignment(lines.content.astype(np.float32), lines.content, ceiling),
        rendering=rendering,
    )
