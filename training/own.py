"""Labelled pages of the user's own as examples beside the corpora's, to train from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from joblib import Memory, Parallel, delayed
from tqdm import tqdm

from training.corpora import LabelledPage
from training.dataset import Example, build_example
from training.labels import CONTENT, UNKNOWN, Marked, Problem

CORPUS = "labels"


@dataclass(frozen=True, slots=True)
class Own(Example):
    """An example that counts like one of the yardstick."""

    @property
    def trust(self) -> float:
        return 1.0


def own_examples(pages: Sequence[Marked], cache: Path, jobs: int) -> tuple[list[Example], list[Problem]]:
    """Examples of the pages that are labelled throughout, and those that are not."""
    whole, problems = [], []
    for page in pages:
        if page.document.plain:
            message = "is missing; trees for text without mark-up are trained on pages made into lines"
            problems.append(Problem(page.source, "html", message))
        elif any(
            known == UNKNOWN and role is None for known, role in zip(page.known, page.roles, strict=True)
        ):
            message = "some blocks are not labelled; to train from scratch, label all of a page"
            problems.append(Problem(page.source, "blocks", message))
        else:
            whole.append(page)
    cached = Memory(cache, verbose=0).cache(_own)
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=4)(
        delayed(cached)(page.key, page.html, _gold(page), page.url) for page in whole
    )
    return list(tqdm(work, "reading labelled pages", len(whole), unit="page")), problems


def _gold(page: Marked) -> str:
    columns = zip(page.document.blocks.text, page.known, strict=True)
    return "\n\n".join(text for text, known in columns if known == CONTENT)


def _own(key: str, html: str, gold: str, url: str | None) -> Own:
    page = LabelledPage(key, CORPUS, html, gold, url, None, None, (), ())
    example = build_example(page)
    return Own(**{field.name: getattr(example, field.name) for field in fields(Example)})
