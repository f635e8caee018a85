"""How much evidence of a site weighs, learned from the corpora's sites: ``python -m training.site_weights``.

Writes ``site_weights.json``. Needs the out-of-fold probabilities that a whole ``pagesieve train`` leaves in
the cache: what the release says of a site that it was not trained on.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pagesieve.sites import FEATURES, Weights
from pagesieve.sites.keys import text_only
from training.corpora import corpora_folder
from training.site_pages import load_sites
from training.sites import WEIGHTS, Episode, Observed, fit_weights

_CACHE = Path(".cache") / "training"
# Labelled pages in an episode, and episodes a site for each of these.
_LABELLED = (1, 2, 3, 5, 8)
_DRAWS = 3


def draw_episodes(sites: Mapping[str, Sequence[Observed]], seed: int) -> list[Episode]:
    """Pages with random other pages of their site, a few at a time."""
    rng = random.Random(seed)
    found: list[Episode] = []
    for pages in sites.values():
        for size in _LABELLED:
            for _ in range(_DRAWS if len(pages) > size else 0):
                page, *labelled = rng.sample(list(pages), size + 1)
                found.append((page, labelled))
    return found


def fit_both(episodes: Sequence[Episode]) -> Weights:
    """Those for text without mark-up come from the same pages, as if nothing were known of their mark-up.

    They are scaled so that a line of which nothing is known stays as the release judges it.
    """
    as_text = [(replace(page, keys=text_only(page.keys)), labelled) for page, labelled in episodes]
    lines = fit_weights(as_text)
    return Weights(fit_weights(episodes), lines / lines[FEATURES.index("base")])


def _by_feature(weights: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(FEATURES, np.round(weights, 4).tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--cache", type=Path, default=_CACHE)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    sites = load_sites(corpora_folder(given.corpora), given.cache)
    episodes = draw_episodes(sites, given.seed)
    weights = fit_both(episodes)
    saved = {
        "sites": len(sites),
        "pages": sum(map(len, sites.values())),
        "episodes": len(episodes),
        "seed": given.seed,
        "weights": _by_feature(weights.pages),
        "line_weights": _by_feature(weights.lines),
    }
    WEIGHTS.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
